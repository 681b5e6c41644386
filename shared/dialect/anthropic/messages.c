/* SPDX-License-Identifier: MIT */
/* Anthropic's Messages as a dialect, and the counting of their tokens. */
#include "dialect/anthropic/error.h"
#include "dialect/anthropic/rate_headers.h"
#include "dialect/anthropic/messages_reply.h"
#include "dialect/anthropic/messages_request.h"
#include "dialect/anthropic/messages_stream.h"
#include "dialect/dialect.h"

const struct dialect dialect_anthropic_messages = {
	.name = "anthropic_messages",
	.input = "messages",
	.tells_prompt = true,
	.object_arguments = true,
	.decode = anthropic_messages_request_decode,
	.encoder = anthropic_messages_stream_encoder,
	.event = anthropic_messages_stream_event,
	.reply = anthropic_messages_reply,
	.status = anthropic_error_status,
	.rates = anthropic_rate_headers,
	.error = anthropic_error,
};

const struct dialect dialect_anthropic_count = {
	.name = "anthropic_count",
	.decode = anthropic_messages_request_decode_count,
	.encoder = anthropic_messages_stream_encoder,
	.event = anthropic_messages_stream_event,
	.reply = anthropic_messages_reply,
	.status = anthropic_error_status,
	.rates = anthropic_rate_headers,
	.error = anthropic_error,
};
