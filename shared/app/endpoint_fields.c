/* SPDX-License-Identifier: MIT */
/* Which endpoint reads which table of fields. */
#include "app/endpoint_fields.h"

#include "dialect/anthropic/messages_request.h"
#include "dialect/openai/chat_request.h"
#include "dialect/openai/completions.h"
#include "dialect/openai/conversation.h"
#include "dialect/openai/responses_request.h"

const struct endpoint_fields endpoint_fields[] = {
	{ "POST", "/v1/chat/completions",
	  "also with `/{conversation-id}` appended, and `POST "
	  "/v1/tokenizers/estimate-token-count`",
	  openai_chat_fields },
	{ "POST", "/v1/responses",
	  "also `POST /v1/responses/input_tokens` and `POST "
	  "/v1/responses/compact`",
	  openai_responses_fields },
	{ "POST", "/v1/messages", "also `POST /v1/messages/count_tokens`",
	  anthropic_messages_fields },
	{ "POST", "/v1/completions", NULL, openai_completions_fields },
	{ "POST", "/v1/conversations", NULL, openai_conversation_fields },
	{ "POST", "/v1/conversations/{conversation-id}/items", NULL,
	  openai_conversation_items_fields },
	{ "POST", "/v1/conversations/{conversation-id}",
	  "also `POST /v1/chat/completions/{id}` without `messages`",
	  openai_metadata_fields },
	{ 0 },
};
