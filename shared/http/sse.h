/* SPDX-License-Identifier: MIT */
#ifndef HTTP_SSE_H
#define HTTP_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/flow.h"

/*
 * An incremental parser of server-sent events (WHATWG HTML, 9.2.6): however the
 * bytes are cut, the events are the same. Comments and all fields other than
 * `data` are ignored. A line that begins with a brace is data, too: servers
 * put the JSON of an error there as it is.
 */
struct sse {
	const char *peer; /* what error texts call the sender */
	struct buf line, data;
	bool after_cr; /* the LF of a CR LF may follow */
	bool has_data;
};

/* `peer` is borrowed. */
void sse_init(struct sse *p, const char *peer);
void sse_fini(struct sse *p);

/*
 * Calls `on_event` with the data of each complete event, its lines joined by
 * LF; the bytes are NUL-terminated and valid during the call. Ends with what
 * that returned, unless it was FLOW_CONTINUE; or with FLOW_FAILED and
 * ERROR_UPSTREAM when a line or an event is larger than 8 MiB.
 */
enum flow sse_feed(struct sse *p, const char *bytes, size_t n,
		   enum flow (*on_event)(void *ctx, const char *data, size_t n),
		   void *ctx, struct error *e);

#endif
