/* SPDX-License-Identifier: MIT */
/* The conversation that a request belongs to: taken, and joined to it. */
#include "app/relay/relay_internal.h"

#include <string.h>

#include "app/relay/truncation.h"
#include "base/clock.h"
#include "chat/unanswered_calls.h"
#include "chat/tool_result_check.h"
#include "store/reasoning.h"
#include "store/turn_open.h"
#include "upstream/upstream.h"

#define BUSY_STEP_MS 100

/* A stateless request that lasts longer gets its row before it ends. */
#define ROW_AFTER_MS 1000

/* Takes the conversation, after the turn before it if there is one. */
bool relay_take_turn(struct relay *r)
{
	int64_t give_up = clock_ms() + r->x->app->config.conversation_wait_ms;

	if (r->turn.conversation == NULL && r->turn.previous == NULL &&
	    !r->logs) {
		r->renew_ms = r->x->started_ms + ROW_AFTER_MS;
		return true;
	}
	while (!store_turn_open(r->store, &r->turn, r->x->arena, &r->error)) {
		if (r->error.kind != ERROR_BUSY || clock_ms() >= give_up)
			return false;
		if (!gateway_wait(r->x->gateway, BUSY_STEP_MS, &r->error))
			return false;
	}
	r->renew_ms = clock_ms() + r->hold_ms;
	return true;
}

/*
 * Clients drop the reasoning of answers; a thinking model wants it back. The
 * web services, which take one text, have no place for it.
 */
static bool recall_reasoning(struct relay *r, struct chat_message *messages)
{
	if (!(r->model.traits & MODEL_THINKS) ||
	    !(r->model.upstream->features & UPSTREAM_TOOLS))
		return true;
	return store_reasoning_fill(r->store, r->caller->fingerprint, messages,
				    r->request->n_messages, r->x->arena,
				    &r->error);
}

bool relay_join_history(struct relay *r)
{
	struct chat_request *q = r->request;
	const struct store_turn *t = &r->turn;
	const struct dialect *d = r->x->dialect;
	struct chat_message *all = chat_history_put(
		&r->history, t->messages, t->n_messages, q, r->x->arena);

	if (q->n_messages == r->history.kept &&
	    (!q->appends || r->history.kept == 0))
		return error_field(&r->error, ERROR_VALUE, d->input,
				   "There is nothing new in '%s': this "
				   "conversation has all of it already.",
				   d->input);
	if (r->turn.conversation != NULL &&
	    (int64_t)q->n_messages > r->x->app->config.conversation_items)
		return error_field(
			&r->error, ERROR_VALUE, d->input,
			"This conversation would hold %zu messages, "
			"and %lld is the most (setting "
			"KIMI_CONVERSATION_ITEMS): begin another "
			"one.",
			q->n_messages,
			(long long)r->x->app->config.conversation_items);
	return chat_check_tool_results(q, r->history.kept, d->adjacent_results,
				       d->input, &r->error) &&
	       recall_reasoning(r, all);
}

void relay_make_prompt(struct relay *r)
{
	struct chat_request *q = r->request;
	struct arena *a = r->x->arena;

	size_t told = q->n_messages;

	chat_answer_calls(a, &q->messages, &q->n_messages);
	chat_put_instructions(q, a);
	r->reshaped = q->n_messages != told;
	if (q->truncates &&
	    truncation_apply(q, &r->model, app_tokens(r->x->app), a))
		r->reshaped = true;
}
