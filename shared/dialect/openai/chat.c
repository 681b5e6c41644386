/* SPDX-License-Identifier: MIT */
/* OpenAI's chat completions as a dialect. */
#include "dialect/dialect.h"
#include "dialect/openai/chat_object.h"
#include "dialect/openai/chat_reply.h"
#include "dialect/openai/chat_request.h"
#include "dialect/openai/error.h"
#include "dialect/openai/rate_headers.h"

const struct dialect dialect_openai_chat = {
	.name = "openai_chat",
	.input = "messages",
	.adjacent_results = true,
	.stored_prefix = OPENAI_CHAT_PREFIX,
	.stored_kind = "chat_completion",
	.decode = openai_chat_request_decode,
	.encoder = openai_chat_reply_encoder,
	.event = openai_chat_reply_event,
	.reply = openai_chat_reply_whole,
	.rates = openai_rate_headers,
	.error = openai_error,
};
