/* SPDX-License-Identifier: MIT */
/* /conversations/{id}/items and /conversations/{id}/items/{item-id}. */
#include "app/owner.h"
#include "app/routes.h"
#include "app/serve/item_list.h"
#include "app/serve/json_response.h"
#include "app/serve/new_items.h"
#include "app/serve/owned_conversation.h"
#include "dialect/openai/conversation.h"
#include "dialect/openai/items.h"

/* The conversation that the path names, with its items. */
static bool find_items(struct owned_conversation *c, struct exchange *x,
		       struct item_list *l, struct error *e)
{
	struct chat_message *messages;
	size_t n;

	if (!owned_conversation_find(c, x, x->params[0], e) ||
	    !store_conversation_messages(c->store, &c->conversation, &messages,
					 &n, x->arena, e))
		return false;
	*l = item_list_of(messages, n, NULL, x->arena);
	return true;
}

void serve_conversation_items(struct exchange *x)
{
	struct owned_conversation c;
	struct item_list l;
	struct error e;

	if (!find_items(&c, x, &l, &e) || !item_list_send_page(&l, x, &e))
		exchange_fail(x, &e);
}

static bool add(struct owned_conversation *c, struct exchange *x,
		struct item_list *added, struct error *e)
{
	struct chat_request body;

	if (!owned_conversation_find(c, x, x->params[0], e) ||
	    !owner_check_space(x, &c->caller, c->store, e) ||
	    !new_items_decode(x, &c->caller, openai_conversation_items_fields,
			      &body, e))
		return false;
	if (json_at(x->body, "items") == NULL) {
		error_field(e, ERROR_MISSING, "items",
			    "'items' is missing: send an array.");
		return false;
	}
	if (!new_items_append(x, c->store, &c->conversation, &body, e))
		return false;
	*added = item_list_of(body.messages, body.n_messages, NULL, x->arena);
	return true;
}

void serve_conversation_items_add(struct exchange *x)
{
	struct owned_conversation c;
	struct item_list added;
	struct error e;

	if (!add(&c, x, &added, &e)) {
		exchange_fail(x, &e);
		return;
	}
	item_list_send(&added, x);
	if (added.n > 0)
		owned_conversation_clean_up(&c, x);
}

/* The conversation and the item that the path names. */
static bool find_item(struct owned_conversation *c, struct exchange *x,
		      struct item *item, struct error *e)
{
	const struct item *found;
	struct item_list l;

	if (!find_items(c, x, &l, e))
		return false;
	found = item_list_find(&l, x->params[1], x->arena);
	if (found == NULL) {
		error_field(e, ERROR_NOT_FOUND, "item_id",
			    "There is no item '%.64s' in this conversation.",
			    x->params[1]);
		return false;
	}
	*item = *found;
	return true;
}

void serve_conversation_item(struct exchange *x)
{
	struct owned_conversation c;
	struct json_response o;
	struct item item;
	struct error e;

	if (!find_item(&c, x, &item, &e)) {
		exchange_fail(x, &e);
		return;
	}
	openai_items_put(json_response_begin(&o, x), item.message, item.place,
			 NULL);
	json_response_send(&o);
}

struct removal {
	struct arena *arena;
	size_t place;
};

static struct chat_message remove_item(void *ctx, const struct chat_message *m)
{
	const struct removal *r = ctx;

	return openai_items_without(m, r->place, r->arena);
}

void serve_conversation_item_delete(struct exchange *x)
{
	struct removal r = { .arena = x->arena };
	const struct store_change change = { remove_item, &r };
	struct owned_conversation c;
	struct item item;
	struct error e;

	if (!find_item(&c, x, &item, &e)) {
		exchange_fail(x, &e);
		return;
	}
	r.place = item.place;
	if (!store_conversation_change(c.store, &c.conversation,
				       item.message->uid, &change, x->arena,
				       &e)) {
		exchange_fail(x, &e);
		return;
	}
	owned_conversation_send(&c, x);
	owned_conversation_clean_up(&c, x);
}
