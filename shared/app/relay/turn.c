/* SPDX-License-Identifier: MIT */
/* Locks the conversation that a request continues and joins the two. */
#include "app/relay/turn_internal.h"

#include "app/relay/truncation_internal.h"
#include "base/clock.h"
#include "chat/compaction.h"
#include "chat/tool_result_check.h"
#include "chat/unanswered_calls.h"
#include "store/reasoning.h"
#include "store/turn_open.h"
#include "upstream/upstream.h"

#define BUSY_STEP_MS 100

bool turn_open(const struct job *j, struct store_turn *t, struct error *e)
{
	const struct exchange *x = j->x;
	int64_t give_up = clock_ms() + x->app->config.queue_ms;

	while (!store_turn_open(j->store, t, x->arena, e)) {
		if (e->kind != ERROR_BUSY || clock_ms() >= give_up)
			return false;
		if (!http_client_wait(x->http, BUSY_STEP_MS, e))
			return false;
	}
	return true;
}

static bool check_length(const struct job *j, const struct store_turn *t,
			 const struct chat_history *history, struct error *e)
{
	const struct chat_request *q = j->request;
	int64_t max = j->x->app->config.conversation_items;
	const char *input = j->x->dialect->input;

	if (q->n_messages == history->kept && !q->compacts &&
	    (!q->appends || history->kept == 0))
		return error_field(e, ERROR_VALUE, input,
				   "There is nothing new in '%s': the "
				   "conversation already contains all of it.",
				   input);
	if (t->conversation != NULL && (int64_t)q->n_messages > max)
		return error_field(e, ERROR_VALUE, input,
				   "This conversation would have %zu messages; "
				   "the limit is %lld (setting "
				   "KIMI_CONVERSATION_ITEMS). Start a new one.",
				   q->n_messages, (long long)max);
	return true;
}

/* Clients drop the reasoning of replies, but a thinking model wants it back.
 * Services that take the conversation as one text have no field for it. */
static bool recall_reasoning(const struct job *j, struct chat_message *messages,
			     size_t kept, struct error *e)
{
	const struct store_recall recall = {
		.key_fingerprint = j->caller->fingerprint,
		.request = j->request,
		.messages = messages,
		.kept = kept,
		.details = j->model.traits & MODEL_DETAILS,
	};

	if (!(j->model.traits & MODEL_THINKS) ||
	    !(j->model.upstream->features & UPSTREAM_TOOLS))
		return true;
	return store_reasoning_fill(j->store, &recall, j->x->arena, e);
}

bool turn_join(const struct job *j, const struct store_turn *t,
	       struct chat_history *history, struct error *e)
{
	struct chat_message *all = chat_history_put(
		history, t->messages, t->n_messages, j->request, j->x->arena);

	return check_length(j, t, history, e) &&
	       chat_tool_result_check(j->x->arena, j->request, history->kept,
				      j->x->dialect->adjacent_results,
				      j->x->dialect->input, e) &&
	       recall_reasoning(j, all, history->kept, e);
}

bool turn_make_prompt(const struct job *j)
{
	struct chat_request *q = j->request;
	struct arena *a = j->x->arena;
	size_t n_stored = q->n_messages;
	bool differs;

	chat_unanswered_calls_fill(a, &q->messages, &q->n_messages);
	differs = chat_compaction_apply(q, a);
	chat_put_instructions(q, a);
	if (q->n_messages != n_stored)
		differs = true;
	if (q->truncates &&
	    truncation_apply(q, &j->model, app_tokens(j->x->app), a))
		differs = true;
	return differs;
}
