/* SPDX-License-Identifier: MIT */
/* Explains requests for APIs that a gateway for chats does not have. */
#include "app/unsupported.h"

#include <string.h>

/* An API by its path's first segment after "/v1". */
struct unsupported_api {
	const char *segment;
	const char *what; /* "This server has no …" */
	const struct dialect *dialect;
};

#define OPENAI (&dialect_openai_chat)

/* Nothing is faked: no made-up vectors, no made-up moderation results. */
static const struct unsupported_api apis[] = {
	{ "embeddings", "embeddings: Kimi has no embedding model", OPENAI },
	{ "moderations", "moderations: Kimi has no moderation model", OPENAI },
	{ "audio", "audio: neither speech nor transcription", OPENAI },
	{ "images",
	  "images API: models can read images in chats but not "
	  "create any",
	  OPENAI },
	{ "videos",
	  "videos API: models can read videos in chats but not "
	  "create any",
	  OPENAI },
	{ "realtime", "realtime sessions", OPENAI },
	{ "batches", "batches: send each request separately", OPENAI },
	{ "fine_tuning", "fine-tuning", OPENAI },
	{ "assistants", "assistants: use Responses or chat completions",
	  OPENAI },
	{ "threads", "threads: use Conversations", OPENAI },
	{ "vector_stores", "vector stores", OPENAI },
	{ "uploads", "uploads API: use POST /v1/files", OPENAI },
	{ "evals", "evals", OPENAI },
	{ "containers", "containers", OPENAI },
	{ "skills", "skills", OPENAI },
	{ "alpha",
	  "search of its own: let the model search, with the tool web_search",
	  OPENAI },
	{ "messages",
	  "batches, nor any part of the Messages API except POST /v1/messages "
	  "and POST /v1/messages/count_tokens",
	  &dialect_anthropic_messages },
};

static const struct unsupported_api *named(const char *segment, size_t n)
{
	for (size_t i = 0; i < sizeof(apis) / sizeof(*apis); i++)
		if (strlen(apis[i].segment) == n &&
		    memcmp(apis[i].segment, segment, n) == 0)
			return &apis[i];
	return NULL;
}

static const struct unsupported_api *find(const char *path)
{
	const struct unsupported_api *found = NULL;

	while (*path == '/') {
		size_t n = strcspn(++path, "/");

		if (n == 2 && memcmp(path, "v1", 2) == 0)
			found = NULL; /* what precedes it is a mount point */
		else if (found == NULL)
			found = named(path, n);
		path += n;
	}
	return found;
}

void unsupported_explain(struct exchange *x, struct error *e)
{
	for (size_t i = 0; i < x->request.n_paths; i++) {
		const struct unsupported_api *api = find(x->request.paths[i]);

		if (api == NULL)
			continue;
		x->dialect = api->dialect;
		error_set(e, ERROR_ROUTE,
			  "This server has no %s. GET /v1 lists its endpoints.",
			  api->what);
		return;
	}
}
