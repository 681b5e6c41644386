/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CHAT_REQUEST_H
#define UPSTREAM_API_CHAT_REQUEST_H

#include "base/rope.h"
#include "chat/chat.h"
#include "upstream/model.h"

/*
 * Writes the body of POST /chat/completions, always streamed: what the model
 * takes of the request, and no more.
 */
bool chat_request_write(struct rope *out, struct arena *a,
			const struct model *model,
			const struct chat_request *request, struct error *e);

#endif
