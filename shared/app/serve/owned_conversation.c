/* SPDX-License-Identifier: MIT */
/* What the routes below /conversations share. */
#include "app/serve/owned_conversation.h"

#include <string.h>

#include "app/relay/cleanup.h"
#include "app/serve/json_response.h"
#include "dialect/openai/conversations.h"

bool owned_conversation_find(struct owned_conversation *t, struct exchange *x,
			     const char *name, struct error *e)
{
	t->store = auth_store(x, &t->caller, e);
	return t->store != NULL &&
	       store_conversation_find(t->store, t->caller.fingerprint, name,
				       &t->conversation, x->arena, e);
}

void owned_conversation_leave_chat(const struct owned_conversation *t,
				   struct exchange *x)
{
	const struct store_conversation *c = &t->conversation;
	struct cleanup left = { 0 };

	exchange_finish(x);
	if (c->chat == NULL || c->credential == NULL)
		return;
	for (size_t i = 0; i < t->caller.n_credentials; i++) {
		const struct credential *own = &t->caller.credentials[i];

		if (strcmp(own->fingerprint, c->credential) == 0)
			cleanup_add_chat(&left, x->arena, own, c->chat);
	}
	cleanup_chats(&left, x, t->store);
}

void conversation_send(struct exchange *x, const struct store_conversation *c)
{
	struct json_response o;

	openai_conversation_put(json_response_begin(&o, x), c->name,
				c->created_ms / 1000, c->metadata);
	json_response_send(&o);
}

bool conversation_read_metadata(struct exchange *x, const char **metadata,
				struct error *e)
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
