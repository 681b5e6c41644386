/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_MODEL_FIT_H
#define UPSTREAM_API_MODEL_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "chat/chat.h"
#include "upstream/model.h"

/* Fits what a request asks for to what its model takes, alike in all of the
 * APIs. */

/* Whether the model is to be made to call a tool, any or a named one: the
 * request demands it and the model takes that. */
bool model_fit_forces_call(const struct model *model,
			   const struct chat_request *r);

/* Whether thinking is to be turned off: it is not wanted, or does not go
 * together with a call that is demanded. */
bool model_fit_stops_thinking(const struct chat_request *r);

/* Kimi's word for the requested effort: low, high or max; NULL: none. */
const char *model_fit_effort(const struct chat_request *r);

/*
 * The limit of the reply's tokens where `wanted` is asked for. Kimi refuses a
 * limit that does not fit beside the prompt, which is estimated by the bytes
 * of the body that are `written` so far.
 */
int64_t model_fit_limit(const struct model *model, int64_t wanted,
			size_t written);

#endif
