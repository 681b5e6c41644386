/* SPDX-License-Identifier: MIT */
/* Lists items and sends pages of them. */
#include "app/serve/item_list.h"

#include <string.h>

#include "app/serve/page.h"
#include "dialect/openai/items.h"

size_t item_list_count(const struct chat_message *messages, size_t n)
{
	size_t items = 0;

	for (size_t i = 0; i < n; i++)
		items += openai_items_count(&messages[i]);
	return items;
}

struct item_list item_list_of(const struct chat_message *messages, size_t n,
			      const cJSON *tools, struct arena *a)
{
	struct item_list l = { .tools = tools };

	l.items =
		arena_array(a, item_list_count(messages, n), sizeof(*l.items));
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

const struct item *item_list_find(const struct item_list *l, const char *id,
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

/* The index of the item with that id; PAGE_NOWHERE if no id is given. */
static bool find_index(const struct item_list *l, const char *param,
		       const char *id, size_t *index, struct arena *a,
		       struct error *e)
{
	const struct item *item;

	*index = PAGE_NOWHERE;
	if (id == NULL)
		return true;
	item = item_list_find(l, id, a);
	if (item == NULL)
		return error_field(e, ERROR_NOT_FOUND, param,
				   "There is no item '%.64s' in this list.",
				   id);
	*index = (size_t)(item - l->items);
	return true;
}

static void send_cut(const struct item_list *l, struct exchange *x,
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

bool item_list_send_page(const struct item_list *l, struct exchange *x,
			 struct error *e)
{
	static const struct page_rules rules = { 20, 100, false };
	size_t after, before;
	struct page p;

	if (!page_read(&p, x, &rules, e) ||
	    !find_index(l, "after", p.after, &after, x->arena, e) ||
	    !find_index(l, "before", p.before, &before, x->arena, e))
		return false;
	send_cut(l, x, page_cut(&p, l->n, after, before));
	return true;
}

void item_list_send(const struct item_list *l, struct exchange *x)
{
	send_cut(l, x, (struct page_cut){ 0, l->n, 1, false });
}
