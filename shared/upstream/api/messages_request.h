/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_MESSAGES_REQUEST_H
#define UPSTREAM_API_MESSAGES_REQUEST_H

#include "base/rope.h"
#include "chat/chat.h"
#include "upstream/model.h"

/*
 * Writes the body of POST /messages, always streamed. Kimi Code requires a
 * limit of tokens there: where the request has none it is 32,768, thinking
 * included, or the model's context if that is smaller.
 */
bool messages_request_write(struct rope *out, struct arena *a,
			    const struct model *model,
			    const struct chat_request *request,
			    struct error *e);

#endif
