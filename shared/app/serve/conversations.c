/* SPDX-License-Identifier: MIT */
/* /conversations and /conversations/{id}. Conversations that other endpoints
 * began are found here, too. */
#include "app/owner.h"
#include "app/routes.h"
#include "app/serve/json_response.h"
#include "app/serve/metadata.h"
#include "app/serve/new_items.h"
#include "app/serve/owned_conversation.h"
#include "base/random_id.h"
#include "dialect/openai/conversation.h"

/* Items are checked before the conversation is made. */
static bool create(struct exchange *x, struct owned_conversation *c,
		   struct error *e)
{
	struct chat_request body;
	struct store_owner owner;

	c->store = auth_store(x, &c->caller, e);
	if (c->store == NULL ||
	    !owner_check_space(x, &c->caller, c->store, e) ||
	    !new_items_decode(x, &c->caller, openai_conversation_fields, &body,
			      e))
		return false;
	owner = owner_of(x, &c->caller);
	c->conversation = (struct store_conversation){
		.name = random_id(x->arena, STORE_CONVERSATION_PREFIX),
		.metadata = body.metadata,
	};
	return store_conversation_add(c->store, &owner, &c->conversation,
				      x->arena, e) &&
	       new_items_append(x, c->store, &c->conversation, &body, e);
}

void serve_conversation_create(struct exchange *x)
{
	struct owned_conversation c;
	struct error e;

	if (create(x, &c, &e))
		owned_conversation_send(&c, x);
	else
		exchange_fail(x, &e);
}

void serve_conversation(struct exchange *x)
{
	struct owned_conversation c;
	struct error e;

	if (owned_conversation_find(&c, x, x->params[0], &e))
		owned_conversation_send(&c, x);
	else
		exchange_fail(x, &e);
}

void serve_conversation_update(struct exchange *x)
{
	struct owned_conversation c;
	const char *metadata;
	struct error e;

	if (!owned_conversation_find(&c, x, x->params[0], &e) ||
	    !owner_check_space(x, &c.caller, c.store, &e) ||
	    !metadata_read(x, &metadata, &e) ||
	    !store_conversation_set_metadata(c.store, &c.conversation, metadata,
					     &e)) {
		exchange_fail(x, &e);
		return;
	}
	c.conversation.metadata = metadata == NULL ? "{}" : metadata;
	owned_conversation_send(&c, x);
}

void serve_conversation_delete(struct exchange *x)
{
	struct owned_conversation c;
	struct error e;

	if (!owned_conversation_find(&c, x, x->params[0], &e) ||
	    !store_conversation_delete(c.store, &c.conversation, &e)) {
		exchange_fail(x, &e);
		return;
	}
	json_response_deleted(x, "conversation.deleted", c.conversation.name);
	owned_conversation_clean_up(&c, x);
}
