/* SPDX-License-Identifier: MIT */
/* /conversations/{id}/items and what is below: what a conversation holds. */
#include <string.h>

#include "app/serve/owned_conversation.h"
#include "app/serve/item_list.h"
#include "app/serve/json_response.h"
#include "dialect/openai/conversations.h"
#include "dialect/openai/items.h"

/* With all that the conversation holds. */
static bool find_items(struct owned_conversation *t, struct exchange *x,
		       const char *name, struct item_list *l, struct error *e)
{
	struct chat_message *messages;
	size_t n;

	if (!owned_conversation_find(t, x, name, e) ||
	    !store_conversation_messages(t->store, &t->conversation, &messages,
					 &n, x->arena, e))
		return false;
	*l = items_of(messages, n, NULL, x->arena);
	return true;
}

void serve_items(struct exchange *x)
{
	struct item_list l;
	struct error e;
	struct owned_conversation t;

	if (!find_items(&t, x, x->param, &l, &e) || !items_send_page(x, &l, &e))
		exchange_fail(x, &e);
}

static bool add(struct owned_conversation *t, struct exchange *x,
		struct item_list *added, struct error *e)
{
	struct chat_request body;

	if (!owned_conversation_find(t, x, x->param, e) ||
	    !items_decode(x, &t->caller, openai_conversation_items_fields,
			  &body, e))
		return false;
	if (json_at(x->body, "items") == NULL) {
		error_field(e, ERROR_MISSING, "items",
			    "'items' is missing: send an array.");
		return false;
	}
	if (!items_append(x, t->store, &t->conversation, &body, e))
		return false;
	*added = items_of(body.messages, body.n_messages, NULL, x->arena);
	return true;
}

void serve_items_add(struct exchange *x)
{
	struct item_list added;
	struct error e;
	struct owned_conversation t;

	if (!add(&t, x, &added, &e)) {
		exchange_fail(x, &e);
		return;
	}
	items_send(x, &added);
	if (added.n > 0)
		owned_conversation_leave_chat(&t, x);
}

/* The parameter is "conversation/items/item". */
static bool find_item(struct owned_conversation *t, struct exchange *x,
		      struct item *item, struct error *e)
{
	size_t n = strcspn(x->param, "/");
	const char *id = x->param + n + strlen("/items/");
	const struct item *found;
	struct item_list l;

	if (!find_items(t, x, arena_copy_n(x->arena, x->param, n), &l, e))
		return false;
	found = items_find(&l, id, x->arena);
	if (found == NULL) {
		error_field(e, ERROR_NOT_FOUND, "item_id",
			    "There is no item '%.64s' in this conversation.",
			    id);
		return false;
	}
	*item = *found;
	return true;
}

void serve_item(struct exchange *x)
{
	struct json_response o;
	struct item item;
	struct error e;
	struct owned_conversation t;

	if (!find_item(&t, x, &item, &e)) {
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

void serve_item_delete(struct exchange *x)
{
	struct removal r = { .arena = x->arena };
	const struct store_change change = { remove_item, &r };
	struct item item;
	struct error e;
	struct owned_conversation t;

	if (!find_item(&t, x, &item, &e)) {
		exchange_fail(x, &e);
		return;
	}
	r.place = item.place;
	if (!store_conversation_change(t.store, &t.conversation,
				       item.message->uid, &change, x->arena,
				       &e)) {
		exchange_fail(x, &e);
		return;
	}
	conversation_send(x, &t.conversation);
	owned_conversation_leave_chat(&t, x);
}
