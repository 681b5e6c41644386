/* SPDX-License-Identifier: MIT */
/* Says truthfully what a gateway for chats does not offer. */
#include "app/unsupported.h"

#include <string.h>

/* What a segment of a path stands for, behind "/v1" if that is in it. */
struct absent {
	const char *segment;
	const char *what; /* "This gateway offers no …" */
	const struct dialect *dialect;
};

#define OPENAI (&dialect_openai_chat)

/* Nothing is made up: no vectors, no verdicts. */
static const struct absent unsupported_paths[] = {
	{ "embeddings", "embeddings: there is no embedding model", OPENAI },
	{ "moderations", "moderations: there is no moderation model", OPENAI },
	{ "audio", "audio, neither speech nor transcription", OPENAI },
	{ "images", "images: it reads them in chats but makes none", OPENAI },
	{ "videos", "videos: it reads them in chats but makes none", OPENAI },
	{ "realtime", "realtime sessions", OPENAI },
	{ "batches", "batches: send each request by itself", OPENAI },
	{ "fine_tuning", "fine-tuning", OPENAI },
	{ "assistants", "assistants: use Responses or chat completions",
	  OPENAI },
	{ "threads", "threads: use Conversations", OPENAI },
	{ "vector_stores", "vector stores", OPENAI },
	{ "uploads", "uploads in parts: use POST /v1/files", OPENAI },
	{ "evals", "evals", OPENAI },
	{ "containers", "containers", OPENAI },
	{ "skills", "skills", OPENAI },
	{ "messages",
	  "more of the Messages API than POST /v1/messages and "
	  "/v1/messages/count_tokens: no batches",
	  &dialect_anthropic_messages },
};

static const struct absent *named(const char *segment, size_t n)
{
	for (size_t i = 0;
	     i < sizeof(unsupported_paths) / sizeof(*unsupported_paths); i++)
		if (strlen(unsupported_paths[i].segment) == n &&
		    memcmp(unsupported_paths[i].segment, segment, n) == 0)
			return &unsupported_paths[i];
	return NULL;
}

static const struct absent *find(const char *path)
{
	const struct absent *found = NULL;

	while (*path == '/') {
		size_t n = strcspn(++path, "/");

		if (n == 2 && memcmp(path, "v1", 2) == 0)
			found = NULL; /* what was before is a mount point */
		else if (found == NULL)
			found = named(path, n);
		path += n;
	}
	return found;
}

void unsupported_explain(struct exchange *x, struct error *e)
{
	for (size_t i = 0; i < x->request.n_paths; i++) {
		const struct absent *absent = find(x->request.paths[i]);

		if (absent == NULL)
			continue;
		x->dialect = absent->dialect;
		error_set(e, ERROR_ROUTE,
			  "This gateway offers no %s. GET / lists what it "
			  "offers.",
			  absent->what);
		return;
	}
}
