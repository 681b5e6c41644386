/* SPDX-License-Identifier: MIT */
/* Finds the tools that were loaded for a request. */
#include "app/serve/loaded_tools.h"

#include "app/owner.h"
#include "dialect/openai/loaded_tools.h"
#include "store/turn_open.h"

static const char *conversation_of(const struct exchange *x)
{
	const cJSON *v = json_at(x->body, "conversation");

	if (x->conversation != NULL)
		return x->conversation;
	return cJSON_IsString(v) ? v->valuestring : json_text(v, "id");
}

/* The messages before the input; none if they cannot be read, which the relay
 * reports. Only a request that can search for tools needs them. */
static bool read_context(struct exchange *x, const struct caller *caller,
			 struct store_turn *t, struct error *e)
{
	const cJSON *tools = json_at(x->body, "tools");
	struct store *store;

	*t = (struct store_turn){
		.owner = owner_of(x, caller),
		.conversation = conversation_of(x),
		.previous = json_text(x->body, "previous_response_id"),
	};
	if ((t->conversation == NULL && t->previous == NULL) ||
	    openai_loaded_tools_search(tools) == NULL)
		return true;
	store = app_store(x->app, e);
	return store != NULL &&
	       (store_turn_read(store, t, x->arena, e) ||
		e->kind == ERROR_PREVIOUS || e->kind == ERROR_NOT_FOUND);
}

bool loaded_tools_add(struct exchange *x, const struct caller *caller,
		      struct error *e)
{
	struct store_turn t;

	if (!read_context(x, caller, &t, e))
		return false;
	x->body = openai_loaded_tools_join(x->arena, x->body, t.messages,
					   t.n_messages);
	return true;
}
