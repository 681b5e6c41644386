/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_MESSAGES_H
#define UPSTREAM_API_MESSAGES_H

#include "upstream/api/service.h"

/*
 * The Anthropic flavour of Kimi Code (kimi-upstreams C16, D1, D4): another
 * wire format at the same hosts, which serves programs that the OpenAI
 * flavour refuses.
 */

/* One answer of it. `service` is that of the OpenAI flavour. */
bool messages_answer(struct upstream_call *call,
		     const struct platform_service *service,
		     const struct chat_request *request,
		     struct chat_stream *stream);

/*
 * Writes the body of POST /messages, always streamed. The flavour demands a
 * limit of tokens: where the request has none it is 32,768, thinking included,
 * or the model's context if that is smaller.
 */
bool messages_write_request(struct buf *out, struct arena *a,
			    const struct model *model,
			    const struct chat_request *request,
			    struct error *e);

#endif
