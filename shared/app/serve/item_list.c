/* SPDX-License-Identifier: MIT */
/* Items on their way into conversations, and as lists. */
#include "app/serve/item_list.h"

#include <inttypes.h>
#include <string.h>

#include "app/serve/page.h"
#include "app/serve/item_references.h"
#include "dialect/openai/conversations.h"
#include "dialect/openai/items.h"

static bool check_count(const struct exchange *x, struct error *e)
{
	int64_t max = x->app->config.add_items;

	return cJSON_GetArraySize(json_at(x->body, "items")) <= max ||
	       error_field(e, ERROR_VALUE, "items",
			   "'items' takes at most %" PRId64
			   " at once (setting KIMI_ADD_ITEMS).",
			   max);
}

bool items_decode(struct exchange *x, const struct caller *caller,
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

static size_t count(const struct chat_message *messages, size_t n)
{
	size_t items = 0;

	for (size_t i = 0; i < n; i++)
		items += openai_items_count(&messages[i]);
	return items;
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
	n = count(held, n) + count(body->messages, body->n_messages);
	return (int64_t)n <= max ||
	       error_field(e, ERROR_VALUE, "items",
			   "The conversation would hold more than %" PRId64
			   " items (setting KIMI_CONVERSATION_ITEMS).",
			   max);
}

bool items_append(struct exchange *x, struct store *s,
		  const struct store_conversation *c, struct chat_request *body,
		  struct error *e)
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

struct item_list items_of(const struct chat_message *messages, size_t n,
			  const cJSON *tools, struct arena *a)
{
	struct item_list l = { .tools = tools };

	l.items = arena_array(a, count(messages, n), sizeof(*l.items));
	for (size_t i = 0; i < n; i++) {
		size_t places = openai_items_count(&messages[i]);

		for (size_t place = 0; place < places; place++)
			if (openai_items_has(&messages[i], place))
				l.items[l.n++] =
					(struct item){ &messages[i], place };
	}
	return l;
}

static const char *id_of(const struct item_list *l, size_t i, struct arena *a)
{
	return openai_items_id(l->items[i].message, l->items[i].place, l->tools,
			       a);
}

const struct item *items_find(const struct item_list *l, const char *id,
			      struct arena *a)
{
	const char *uid;
	size_t place;

	if (!openai_items_parse_id(id, &uid, &place, a))
		return NULL;
	for (size_t i = 0; i < l->n; i++) {
		const struct item *item = &l->items[i];

		if (item->place == place &&
		    strcmp(item->message->uid, uid) == 0 &&
		    strcmp(id_of(l, i, a), id) == 0)
			return item;
	}
	return NULL;
}

/* Where the item is that a page begins or ends at. */
static bool find_place(const struct item_list *l, const char *param,
		       const char *id, size_t *place, struct arena *a,
		       struct error *e)
{
	const struct item *item;

	*place = PAGE_NOWHERE;
	if (id == NULL)
		return true;
	item = items_find(l, id, a);
	if (item == NULL)
		return error_field(e, ERROR_NOT_FOUND, param,
				   "There is no item '%.64s' in this list.",
				   id);
	*place = (size_t)(item - l->items);
	return true;
}

static void send_cut(struct exchange *x, const struct item_list *l,
		     struct page_cut cut)
{
	struct page_list list;
	struct json_writer *w = page_begin(&list, x);
	size_t i = cut.first;
	bool fits = true;

	for (; cut.n > 0 && fits; cut.n--, i += (size_t)cut.step) {
		openai_items_put(w, l->items[i].message, l->items[i].place,
				 l->tools);
		fits = page_added(&list, id_of(l, i, x->arena));
	}
	page_send(&list, cut.more || cut.n > 0);
}

bool items_send_page(struct exchange *x, const struct item_list *l,
		     struct error *e)
{
	static const struct page_rules rules = { 20, 100, false };
	size_t after, before;
	struct page p;

	if (!page_read(&p, x, &rules, e) ||
	    !find_place(l, "after", p.after, &after, x->arena, e) ||
	    !find_place(l, "before", p.before, &before, x->arena, e))
		return false;
	send_cut(x, l, page_cut(&p, l->n, after, before));
	return true;
}

void items_send(struct exchange *x, const struct item_list *l)
{
	send_cut(x, l, (struct page_cut){ 0, l->n, 1, false });
}
