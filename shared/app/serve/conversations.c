/* SPDX-License-Identifier: MIT */
/* /conversations and /conversations/{id}: OpenAI's view of what our own
 * stateful routes keep, too. */
#include "app/serve/owned_conversation.h"
#include "app/serve/item_list.h"
#include "app/serve/json_response.h"
#include "base/encode.h"
#include "dialect/openai/conversations.h"

/* Items are checked before there is anything to put them into. */
static bool make(struct exchange *x, struct owned_conversation *t,
		 struct error *e)
{
	struct chat_request body;
	struct store_owner owner;

	t->store = auth_store(x, &t->caller, e);
	if (t->store == NULL ||
	    !items_decode(x, &t->caller, openai_conversation_fields, &body, e))
		return false;
	owner = (struct store_owner){ t->caller.fingerprint, t->caller.label };
	t->conversation = (struct store_conversation){
		.name = random_id(x->arena, STORE_CONVERSATION_PREFIX),
		.metadata = body.metadata,
	};
	return store_conversation_add(t->store, &owner, &t->conversation,
				      x->arena, e) &&
	       items_append(x, t->store, &t->conversation, &body, e);
}

void serve_conversation_make(struct exchange *x)
{
	struct error e;
	struct owned_conversation t;

	if (make(x, &t, &e))
		conversation_send(x, &t.conversation);
	else
		exchange_fail(x, &e);
}

void serve_conversation_object(struct exchange *x)
{
	struct error e;
	struct owned_conversation t;

	if (owned_conversation_find(&t, x, x->param, &e))
		conversation_send(x, &t.conversation);
	else
		exchange_fail(x, &e);
}

void serve_conversation_describe(struct exchange *x)
{
	const char *metadata;
	struct error e;
	struct owned_conversation t;

	if (!owned_conversation_find(&t, x, x->param, &e) ||
	    !conversation_read_metadata(x, &metadata, &e) ||
	    !store_conversation_set_metadata(t.store, &t.conversation, metadata,
					     &e)) {
		exchange_fail(x, &e);
		return;
	}
	t.conversation.metadata = metadata == NULL ? "{}" : metadata;
	conversation_send(x, &t.conversation);
}

void serve_conversation_delete(struct exchange *x)
{
	struct error e;
	struct owned_conversation t;

	if (!owned_conversation_find(&t, x, x->param, &e) ||
	    !store_conversation_delete(t.store, &t.conversation, &e)) {
		exchange_fail(x, &e);
		return;
	}
	json_response_deleted(x, "conversation.deleted", t.conversation.name);
	owned_conversation_leave_chat(&t, x);
}
