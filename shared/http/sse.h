/* SPDX-License-Identifier: MIT */
#ifndef HTTP_SSE_H
#define HTTP_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * An incremental parser of server-sent events (WHATWG HTML, 9.2.6). Cut the
 * bytes anywhere: the events are the same. Comments and the fields id and
 * retry are passed over.
 */
struct sse {
	const char *peer; /* whom error texts name as the sender */
	struct buf line, data;
	bool after_cr; /* the LF of a CR LF may follow */
	bool has_data;
};

/* `peer` is borrowed. */
void sse_init(struct sse *p, const char *peer);
void sse_fini(struct sse *p);

/*
 * Calls `on_event` with the data of each event as it becomes whole, lines
 * joined by LF; the bytes are valid during the call and NUL-terminated. Stops
 * and returns false when that returns false, or with ERROR_UPSTREAM when a
 * line or event passes 8 MiB.
 */
bool sse_feed(struct sse *p, const char *bytes, size_t n,
	      bool (*on_event)(void *ctx, const char *data, size_t n),
	      void *ctx, struct error *e);

#endif
