/* SPDX-License-Identifier: MIT */
/* Finds which conversation a request belongs to. */
#include "app/conversation_id.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/percent.h"
#include "dialect/openai/chat_object.h"

#define MAX_LENGTH 128
#define PARAM "conversation_id"

bool conversation_id_check(const char *id, struct error *e)
{
	size_t n = strlen(id);

	if (n == 0 || n > MAX_LENGTH || strcmp(id, ".") == 0 ||
	    strcmp(id, "..") == 0)
		return error_field(
			e, ERROR_VALUE, PARAM,
			"A conversation ID must have 1 to %d characters.",
			MAX_LENGTH);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)id[i]) &&
		    strchr("._~:@-", id[i]) == NULL)
			return error_field(e, ERROR_VALUE, PARAM,
					   "A conversation ID may contain only "
					   "letters, digits and ._~:@-.");
	if (strncmp(id, OPENAI_CHAT_PREFIX, strlen(OPENAI_CHAT_PREFIX)) == 0)
		return error_field(
			e, ERROR_VALUE, PARAM,
			"A conversation ID must not begin with " OPENAI_CHAT_PREFIX
			", which is reserved for completions.");
	return true;
}

/* Whether the path at `p` begins with that segment: "/name". */
static bool segment_is(const char *p, const char *name)
{
	size_t n = strlen(name);

	return *p == '/' && strncmp(p + 1, name, n) == 0 &&
	       (p[n + 1] == '/' || p[n + 1] == '\0');
}

static const char *next_segment(const char *p)
{
	return p + 1 + strcspn(p + 1, "/");
}

/* The segment between "/c" and "/v1". After "/v1" a route begins. */
static const char *id_of_path(const char *path, struct arena *a)
{
	for (const char *p = path; *p == '/' && !segment_is(p, "v1");
	     p = next_segment(p)) {
		const char *id = next_segment(p), *end;

		if (!segment_is(p, "c") || *id != '/')
			continue;
		end = next_segment(id);
		if (segment_is(end, "v1"))
			return arena_copy_n(a, id + 1, (size_t)(end - id - 1));
	}
	return NULL;
}

/* Sets `*id` to `other`, unless that is NULL. They must not differ. */
static bool join(const char **id, const char *other, const char *param,
		 struct error *e)
{
	if (other == NULL)
		return true;
	if (!conversation_id_check(other, e)) {
		snprintf(e->param, sizeof(e->param), "%s", param);
		return false;
	}
	if (*id != NULL && strcmp(*id, other) != 0)
		return error_field(e, ERROR_VALUE, param,
				   "The request names two conversations, "
				   "'%.40s' and '%.40s': send only one of "
				   "them.",
				   *id, other);
	*id = other;
	return true;
}

/* In the header ids may be percent-encoded, as they are in paths. */
static bool id_of_header(const struct exchange *x, const char **id,
			 struct error *e)
{
	const char *value =
		http_request_header(&x->request, "HTTP_X_CONVERSATION_ID");
	char *text;

	*id = NULL;
	if (value == NULL)
		return true;
	*id = text = arena_alloc(x->arena, strlen(value) + 1);
	return percent_decode(value, strlen(value), text) ||
	       error_field(e, ERROR_VALUE, PARAM,
			   "X-Conversation-Id has an invalid percent "
			   "escape.");
}

bool conversation_id_find(struct exchange *x, struct error *e)
{
	const char *header;

	/* The first path is without KIMI_PREFIX, which may have a "/c". */
	return id_of_header(x, &header, e) &&
	       conversation_id_add(x, id_of_path(x->request.paths[0], x->arena),
				   e) &&
	       conversation_id_add(x, header, e);
}

bool conversation_id_add(struct exchange *x, const char *id, struct error *e)
{
	return join(&x->conversation, id, PARAM, e);
}

bool conversation_id_settle(const struct exchange *x,
			    struct chat_request *request, struct error *e)
{
	const char *id = x->conversation;

	if (!join(&id, request->conversation, "conversation", e))
		return false;
	if (id != NULL && request->previous != NULL)
		return error_field(e, ERROR_VALUE, "previous_response_id",
				   "The request names both the conversation "
				   "'%.40s' and a previous response: send only "
				   "one of them.",
				   id);
	request->conversation = id;
	return true;
}
