/* SPDX-License-Identifier: MIT */
/* Every path, in one table. */
#include "app/exchange.h"

#define OPENAI (&dialect_openai_chat)

const struct route routes[] = {
	{ "GET", "/v1/models", serve_models, .dialect = OPENAI },
	{ "GET", "/v1/models/{model}", serve_model, .dialect = OPENAI },
	{ "POST", "/v1/chat/completions", serve_chat, .dialect = OPENAI },
	{ "POST", "/v1/chat/completions/{conversation-id}", serve_conversation,
	  .dialect = OPENAI },
	{ "POST", "/v1/files", serve_file_upload, .dialect = OPENAI,
	  .reads_body = true },
	{ "GET", "/v1/files", serve_files, .dialect = OPENAI },
	{ "GET", "/v1/files/{file-id}/content", serve_file_content,
	  .dialect = OPENAI },
	{ "GET", "/v1/files/{file-id}", serve_file, .dialect = OPENAI },
	{ "DELETE", "/v1/files/{file-id}", serve_file_delete,
	  .dialect = OPENAI },
	{ "POST", "/v1/tokenizers/estimate-token-count", serve_tokens,
	  .dialect = OPENAI },
	{ "GET", "/v1/usages", serve_usages, .dialect = OPENAI },
	{ "GET", "/healthz", serve_health, .dialect = OPENAI },
	{ "GET", "/", serve_index, .dialect = OPENAI },
	{ 0 },
};
