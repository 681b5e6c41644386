/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_REPLY_ERROR_H
#define UPSTREAM_WEB_REPLY_ERROR_H

#include "base/json.h"
#include "upstream/web/turn.h"

/* Turns a reply that is not 2xx into the call's error; `*unknown`: the host
 * does not know the (current) protocol. Always false. */
bool web_reply_error_set(struct upstream_call *call, enum web_protocol protocol,
			 const struct http_reply *reply, bool *unknown);

/* The same for an error object of the current protocol, wherever it is.
 * `status` is 0 within a reply that began with 200. */
bool web_reply_error_current(struct upstream_call *call, long status,
			     int64_t retry_after_ms, const cJSON *error);

/* The same for an error event of the legacy protocol. */
bool web_reply_error_legacy(struct upstream_call *call, const cJSON *event);

/* Whether an error object of the current protocol says that the host does not
 * know the call. */
bool web_reply_error_is_unknown_call(const cJSON *error);

#endif
