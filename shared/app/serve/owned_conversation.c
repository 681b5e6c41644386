/* SPDX-License-Identifier: MIT */
/* What all routes to a stored conversation share. */
#include "app/serve/owned_conversation.h"

#include "app/relay/chat_sweeper.h"
#include "app/serve/json_response.h"
#include "dialect/openai/conversation.h"

bool owned_conversation_find(struct owned_conversation *c, struct exchange *x,
			     const char *name, struct error *e)
{
	c->store = auth_store(x, &c->caller, e);
	return c->store != NULL &&
	       store_conversation_find(c->store, c->caller.fingerprint, name,
				       &c->conversation, x->arena, e);
}

void owned_conversation_send(const struct owned_conversation *c,
			     struct exchange *x)
{
	const struct store_conversation *stored = &c->conversation;
	struct json_response o;

	openai_conversation_put(json_response_begin(&o, x), stored->name,
				stored->created_ms / 1000, stored->metadata);
	json_response_send(&o);
}

void owned_conversation_clean_up(const struct owned_conversation *c,
				 struct exchange *x)
{
	exchange_finish(x);
	if (c->conversation.chat != NULL)
		chat_sweeper_wake(x->sweeper, x->app, &c->caller);
}
