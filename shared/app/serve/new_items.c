/* SPDX-License-Identifier: MIT */
/* Decodes, limits and appends the items of a request. */
#include "app/serve/new_items.h"

#include <inttypes.h>
#include <string.h>

#include "app/serve/item_list.h"
#include "app/serve/item_references.h"
#include "dialect/openai/conversation.h"

/* Per call, as OpenAI has it. */
#define MAX_ADDED 20

static bool check_count(const struct exchange *x, struct error *e)
{
	return cJSON_GetArraySize(json_at(x->body, "items")) <= MAX_ADDED ||
	       error_field(e, ERROR_VALUE, "items",
			   "One request can add at most %d items: send the "
			   "others in another request.",
			   MAX_ADDED);
}

bool new_items_decode(struct exchange *x, const struct caller *caller,
		      const struct field *fields, struct chat_request *body,
		      struct error *e)
{
	*body = (struct chat_request){ 0 };
	if (x->request.body.len == 0)
		return true;
	return exchange_read(x, e) && check_count(x, e) &&
	       item_references_resolve(x, caller, "items", e) &&
	       openai_conversation_decode(x->arena, fields, x->body, body, e);
}

static bool check_room(struct exchange *x, struct store *s,
		       const struct store_conversation *c,
		       const struct chat_request *body, struct error *e)
{
	int64_t max = x->app->config.conversation_items;
	struct chat_message *held;
	size_t n;

	if (!store_conversation_messages(s, c, &held, &n, x->arena, e))
		return false;
	n = item_list_count(held, n) +
	    item_list_count(body->messages, body->n_messages);
	return (int64_t)n <= max ||
	       error_field(e, ERROR_VALUE, "items",
			   "The conversation would have more than %" PRId64
			   " items (setting KIMI_CONVERSATION_ITEMS).",
			   max);
}

bool new_items_append(struct exchange *x, struct store *s,
		      const struct store_conversation *c,
		      struct chat_request *body, struct error *e)
{
	size_t n = body->n_messages;
	struct chat_message *messages;

	if (n == 0)
		return true;
	if (!check_room(x, s, c, body, e))
		return false;
	messages = arena_array(x->arena, n, sizeof(*messages));
	memcpy(messages, body->messages, n * sizeof(*messages));
	body->messages = messages;
	return store_conversation_append(s, c, messages, n, x->arena, e);
}
