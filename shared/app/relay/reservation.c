/* SPDX-License-Identifier: MIT */
/* What a request asks of the limits of its API key. */
#include "app/relay/reservation_internal.h"

#include "chat/history.h"
#include "store/turn_open.h"
#include "tokens/usage.h"
#include "upstream/upstream.h"

/* More than any model writes: clients may send any number. */
#define MOST_OUTPUT 1000000000

/* The limits that apply, without what is asked of them. */
static bool find_limits(const struct job *j, struct store_admission *ad)
{
	const struct config *config = &j->x->app->config;
	const struct store_api_key *key = &j->caller->key;

	*ad = (struct store_admission){
		.requests_per_minute = key->requests_per_minute,
		.tokens_per_minute = key->tokens_per_minute,
		.max_concurrent = key->max_concurrent,
		.has_budgets = key->has_budgets,
	};
	if (j->caller->own) {
		ad->requests_per_minute = config->stranger_requests;
		ad->stranger_tokens = config->stranger_tokens;
	}
	return ad->requests_per_minute > 0 || ad->tokens_per_minute > 0 ||
	       ad->stranger_tokens > 0 || ad->max_concurrent > 0 ||
	       ad->has_budgets;
}

/* The messages that it continues are part of the prompt. They are read here, not
 * when the turn is opened, so that nobody waits for the counting. */
static bool join_context(const struct job *j, const struct store_turn *t,
			 struct chat_request *q, struct error *e)
{
	struct store_turn before = *t;
	struct chat_history ignored;

	if (t->conversation == NULL && t->previous == NULL)
		return true;
	if (!store_turn_read(j->store, &before, j->x->arena, e))
		return false;
	chat_history_put(&ignored, before.messages, before.n_messages, q,
			 j->x->arena);
	return true;
}

static bool count_prompt(const struct job *j, const struct store_turn *t,
			 int64_t *n, struct error *e)
{
	struct chat_request q = *j->request;

	if (!join_context(j, t, &q, e))
		return false;
	chat_put_instructions(&q, j->x->arena);
	*n = tokens_count_prompt(app_tokens(j->x->app),
				 template_of(j->model.name, &q), &q)
		     .n;
	if (q.truncates && j->model.context > 0 && *n > j->model.context)
		*n = j->model.context;
	return true;
}

static int64_t count_output(const struct job *j)
{
	int64_t n = j->request->max_tokens;

	if (n == 0)
		n = j->caller->key.reserve_output;
	if (n == 0)
		n = STORE_RESERVE_OUTPUT;
	return n < MOST_OUTPUT ? n : MOST_OUTPUT;
}

/* Each reply to the same prompt is charged with that prompt. */
static bool count_tokens(const struct job *j, const struct store_turn *t,
			 struct store_admission *ad, struct error *e)
{
	const struct chat_request *q = j->request;

	if (ad->tokens_per_minute == 0 && ad->stranger_tokens == 0 &&
	    !ad->has_budgets)
		return true;
	if (!count_prompt(j, t, &ad->prompt_tokens, e))
		return false;
	ad->prompt_tokens *= (int64_t)q->n;
	ad->output_tokens = count_output(j) * (int64_t)chat_choices(q);
	return true;
}

bool reservation_make(const struct job *j, struct store_turn *t,
		      struct error *e)
{
	struct store_admission found, *ad;

	if (!find_limits(j, &found))
		return true;
	found.service = j->model.upstream->name;
	found.zone = app_time_zone(j->x->app);
	if (!count_tokens(j, t, &found, e))
		return false;
	ad = arena_alloc(j->x->arena, sizeof(*ad));
	*ad = found;
	t->admission = ad;
	return true;
}

void reservation_tell(const struct job *j, const struct store_turn *t)
{
	const struct store_admission *ad = t->admission;

	if (ad == NULL || (ad->requests.limit == 0 && ad->tokens.limit == 0))
		return;
	j->x->told_limits = true;
	j->x->dialect->rates(&j->x->response, &ad->requests, &ad->tokens);
}
