/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_MODEL_FIT_H
#define UPSTREAM_API_MODEL_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "chat/chat.h"
#include "upstream/model.h"

/* Adapts what a request asks for to what its model accepts, the same for all
 * APIs. */

/* Whether to force the model to call a tool, any or a named one: the request
 * demands it and the model accepts that. */
bool model_fit_forces_call(const struct model *model,
			   const struct chat_request *r);

/* Whether to turn thinking off: the model can do without, and it is not wanted
 * or cannot be combined with a call that is demanded. */
bool model_fit_stops_thinking(const struct model *model,
			      const struct chat_request *r);

/* Kimi's word for the effort that is requested, where the model takes one and
 * is not told to think at all: low, high or max; NULL: its default. */
const char *model_fit_effort(const struct model *model,
			     const struct chat_request *r);

/*
 * The limit of the reply's tokens where `wanted` is asked for. Kimi refuses a
 * limit that does not fit the context along with the prompt, which is estimated
 * by the bytes of the body `written` so far.
 */
int64_t model_fit_limit(const struct model *model, int64_t wanted,
			size_t written);

#endif
