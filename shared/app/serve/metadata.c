/* SPDX-License-Identifier: MIT */
/* Metadata, from bodies that change it and queries that filter by it. */
#include "app/serve/metadata.h"

#include <string.h>

#include "dialect/openai/conversation.h"

#define MAX_FILTER (1024 * 1024)

bool metadata_read(struct exchange *x, const char **metadata, struct error *e)
{
	struct chat_request r;

	if (!exchange_read(x, e) ||
	    !openai_conversation_decode(x->arena, openai_metadata_fields,
					x->body, &r, e))
		return false;
	*metadata = r.metadata;
	return cJSON_GetObjectItemCaseSensitive(x->body, "metadata") != NULL ||
	       error_field(e, ERROR_MISSING, "metadata",
			   "'metadata' is missing: send an object, or null.");
}

/* The NAME of a parameter metadata[NAME]; NULL if it is another one. */
static const char *pair_name(const char *parameter, struct arena *a)
{
	static const char begin[] = "metadata[";
	size_t n = parameter == NULL ? 0 : strlen(parameter);

	if (n < sizeof(begin) || parameter[n - 1] != ']' ||
	    strncmp(parameter, begin, strlen(begin)) != 0)
		return NULL;
	return arena_copy_n(a, parameter + strlen(begin), n - sizeof(begin));
}

bool metadata_read_filter(struct exchange *x, const char **pairs,
			  struct error *e)
{
	struct buf *out = arena_buf(x->arena, MAX_FILTER);
	const char *name, *value;
	struct json_writer w;
	bool any = false;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	for (size_t i = 0;
	     http_request_query_at(&x->request, i, &name, &value, x->arena);
	     i++) {
		name = pair_name(name, x->arena);
		if (name == NULL)
			continue;
		any = true;
		json_put_text(&w, name, value);
	}
	json_close_object(&w);
	*pairs = any ? out->p : NULL;
	return !out->full || error_field(e, ERROR_VALUE, "metadata",
					 "'metadata' is too long.");
}
