/* SPDX-License-Identifier: MIT */
/* Counts the tokens of a prompt without sending it to Kimi. */
#include "app/serve/prompt_count.h"

#include "app/owner.h"
#include "app/relay/model_resolution.h"
#include "chat/compaction.h"
#include "chat/history.h"
#include "store/turn_open.h"

static bool join_context(struct exchange *x, const struct caller *caller,
			 struct store *store, struct chat_request *request,
			 struct error *e)
{
	struct store_turn t = {
		.owner = owner_of(x, caller),
		.conversation = request->conversation,
		.previous = request->previous,
	};
	struct chat_history ignored;

	if (t.conversation == NULL && t.previous == NULL)
		return true;
	if (!store_turn_read(store, &t, x->arena, e))
		return false;
	chat_history_put(&ignored, t.messages, t.n_messages, request, x->arena);
	return true;
}

bool prompt_count(struct exchange *x, const struct caller *caller,
		  struct chat_request *request, struct model *model,
		  struct tokens_sum *sum, struct error *e)
{
	struct store *store = app_store(x->app, e);

	if (store == NULL ||
	    !model_resolution_find(x, caller, store, request, model, e) ||
	    !join_context(x, caller, store, request, e))
		return false;
	chat_compaction_apply(request, x->arena);
	chat_put_instructions(request, x->arena);
	*sum = tokens_count_prompt(app_tokens(x->app),
				   template_of(model->name, request), request);
	return true;
}
