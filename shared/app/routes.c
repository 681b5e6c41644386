/* SPDX-License-Identifier: MIT */
/* Every path, in one table. */
#include "app/exchange.h"

const struct route routes[] = {
	{ "GET", "/v1/models", serve_models, &dialect_openai_chat },
	{ "GET", "/v1/models/{model}", serve_model, &dialect_openai_chat },
	{ "POST", "/v1/chat/completions", serve_chat, &dialect_openai_chat },
	{ "POST", "/v1/chat/completions/{conversation-id}", serve_conversation,
	  &dialect_openai_chat },
	{ "GET", "/v1/usages", serve_usages, &dialect_openai_chat },
	{ "GET", "/healthz", serve_health, &dialect_openai_chat },
	{ "GET", "/", serve_index, &dialect_openai_chat },
	{ NULL, NULL, NULL, NULL },
};
