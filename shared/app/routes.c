/* SPDX-License-Identifier: MIT */
/* Every path, in one table. */
#include "app/exchange.h"

#define OPENAI .dialect = &dialect_openai_chat

const struct route routes[] = {
	{ "GET", "/v1/models", serve_models, OPENAI },
	{ "GET", "/v1/models/{model}", serve_model, OPENAI },
	{ "POST", "/v1/chat/completions", serve_chat, OPENAI },
	{ "POST", "/v1/chat/completions/{conversation-id}", serve_conversation,
	  OPENAI },
	{ "POST", "/v1/files", serve_file_upload, OPENAI, .reads_body = true },
	{ "GET", "/v1/files", serve_files, OPENAI },
	{ "GET", "/v1/files/{file-id}/content", serve_file_content, OPENAI },
	{ "GET", "/v1/files/{file-id}", serve_file, OPENAI },
	{ "DELETE", "/v1/files/{file-id}", serve_file_delete, OPENAI },
	{ "GET", "/v1/usages", serve_usages, OPENAI },
	{ "GET", "/healthz", serve_health, OPENAI },
	{ "GET", "/", serve_index, OPENAI },
	{ 0 },
};
