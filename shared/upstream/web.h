/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_H
#define UPSTREAM_WEB_H

#include "base/json.h"
#include "upstream/upstream.h"

/*
 * The parts of the Kimi web adapter, legacy protocol. It has no published
 * description; kimi-upstreams part A is what public clients of it do.
 */

/* Tokens: a JWT of type "access" is used as it is, all else is a refresh
 * token (A2). */
struct access web_access(struct arena *a, const char *secret);
bool web_renew(struct upstream_call *call, const char *refresh,
	       struct access *access);

/* From an error type and status to our kinds (A6). */
bool web_error(struct error *e, long status, const char *type,
	       const char *message);

/*
 * Sends one request that is answered by a JSON object, which is returned in
 * the arena. NULL and a filled error for any other answer. It changes
 * something at Kimi, so it runs to its end, for `finish_ms` at most.
 */
#define WEB_REQUEST_MS 20000 /* less than the right to renew is held */
#define WEB_DISCARD_MS 5000  /* nobody waits, but a worker is held */

const cJSON *web_request(struct upstream_call *call, const char *method,
			 const char *path, const char *bearer, const char *body,
			 int64_t finish_ms);

/* Turns a non-2xx answer into an error. Always false. */
bool web_reply_error(struct upstream_call *call,
		     const struct http_reply *reply);

#endif
