/* SPDX-License-Identifier: MIT */
/* Which credentials to try, in which order. */
#include "app/relay/candidates_internal.h"

#include <string.h>

#include "app/relay/error_precedence_internal.h"
#include "base/clock.h"
#include "store/rotation.h"
#include "upstream/advice.h"
#include "upstream/cooldown.h"
#include "upstream/upstream.h"

enum rank {
	RANK_PINNED,
	RANK_AVAILABLE,
	RANK_COOLING,
	RANK_DOUBTED,
	RANKS,
	RANK_LEFT_OUT
};

void candidates_init(struct candidates *c, struct store *store, struct arena *a)
{
	*c = (struct candidates){
		.store = store,
		.arena = a,
		.none = { .kind = ERROR_INTERNAL,
			  .message = "No credential could be tried." },
	};
}

size_t candidates_count(const struct caller *caller,
			const struct upstream *upstream)
{
	size_t n = 0;

	for (size_t i = 0; i < caller->n_credentials; i++)
		n += caller->credentials[i].upstream == upstream;
	return n;
}

int64_t candidates_cool_down(struct store *store,
			     const struct credential *credential,
			     struct error *why)
{
	int64_t ms = cooldown_ms(why), until = COOLDOWN_FOREVER;
	struct error ignored;

	if (ms != COOLDOWN_FOREVER)
		until = clock_wall_ms() + ms;
	store_credential_cool_down(store, credential, why, until, &ignored);
	if (ms != COOLDOWN_FOREVER && error_status(why->kind) == 429)
		why->retry_after_ms = ms;
	return until;
}

void candidates_tell_owner(const struct exchange *x, const struct credential *c,
			   const struct error *why)
{
	char advice[ADVICE_SIZE];

	if (!c->of_client && advice_write(advice, c, why))
		log_line(&x->app->log, LOG_ERROR, x->id, "credential",
			 "(%s) %s", c->label, advice);
}

void candidates_explain(const struct credential *c, struct error *e)
{
	const struct error why = *e;
	char advice[ADVICE_SIZE];

	if (!advice_write(advice, c, &why))
		return;
	if (advice_is_refusal(&why) && !c->of_client)
		error_set(e, ERROR_OUR_CREDENTIAL, "%s", advice);
	else
		error_set(e, why.kind, "%s", advice);
	if (why.kind == ERROR_QUOTA)
		e->retry_after_ms = why.retry_after_ms;
}

/* Why there are no others, and what to do about it: whoever runs this server, or
 * the client that sent them. */
static const struct {
	const char *why, *server, *client;
} passing[ERROR_KINDS] = {
	[ERROR_FORBIDDEN] = { "Kimi does not allow this for the account.",
			      "Check the account's plan at Kimi.",
			      "Check your plan at Kimi." },
	[ERROR_RATE_LIMIT] = { "rate limit reached.",
			       "Wait, or add more credentials.",
			       "Wait, or send several credentials, separated "
			       "by commas, as the API key." },
};

/* Of what does not pass by itself candidates_explain says the rest. */
static void set_unavailable(const struct candidates *c, struct error *e,
			    const struct credential_state *state)
{
	enum error_kind kind = state->cooldown_kind;
	const char *words = state->cooldown_words;

	store_credential_failure(state, e);
	if (passing[kind].why != NULL && !advice_is_refusal(e))
		error_set(e, kind,
			  "All %sKimi credentials for this model are "
			  "unavailable. Reason: %s %s%s%.200s",
			  c->own ? "your " : "", passing[kind].why,
			  c->own ? passing[kind].client : passing[kind].server,
			  words == NULL ? "" : " ", words == NULL ? "" : words);
	if (state->cooldown_left_ms != COOLDOWN_FOREVER)
		e->retry_after_ms = state->cooldown_left_ms;
}

static bool is_left_out(const struct credential_state *s)
{
	return s->cooldown_left_ms > 0 &&
	       cooldown_of(s->cooldown_kind) == COOLDOWN_HARD;
}

static bool is_guessed(const struct credential_state *s)
{
	return !s->cooldown_named && s->cooldown_left_ms != COOLDOWN_FOREVER;
}

bool candidates_available(const struct candidates *c, size_t i,
			  struct error *why)
{
	struct credential_state state;
	struct error ignored;

	if (!store_credential_states(c->store, &c->list[i], 1, &state, c->arena,
				     &ignored) ||
	    !is_left_out(&state) ||
	    state.cooldown_until == c->last_resort_until)
		return true;
	set_unavailable(c, why, &state);
	return false;
}

static enum rank rank_of(const struct credential *c,
			 const struct credential_state *s, const char *pinned)
{
	if (is_left_out(s))
		return RANK_LEFT_OUT;
	if (s->cooldown_left_ms > 0)
		return RANK_COOLING;
	if (pinned != NULL && strcmp(c->fingerprint, pinned) == 0)
		return RANK_PINNED;
	return RANK_AVAILABLE;
}

/* The credentials of one service, from where the rotation is now. */
struct pool {
	const struct credential **list;
	struct credential_state *states;
	size_t n;
};

static bool load_pool(struct pool *p, struct candidates *c,
		      const struct caller *caller,
		      const struct upstream *upstream, struct error *e)
{
	size_t n = candidates_count(caller, upstream), at = 0;
	int64_t rotation = 0;

	p->list = arena_array(c->arena, n, sizeof(*p->list));
	p->states = arena_array(c->arena, n, sizeof(*p->states));
	p->n = n;
	if (n > 1 &&
	    !store_rotation_next(c->store, upstream->name, &rotation, e))
		return false;
	for (size_t i = 0; i < caller->n_credentials; i++)
		if (caller->credentials[i].upstream == upstream) {
			size_t to = (at++ + n - (size_t)rotation % n) % n;

			p->list[to] = &caller->credentials[i];
		}
	return store_credential_states(c->store, p->list, n, p->states,
				       c->arena, e);
}

/* Of those that are left out for a guessed time, the one whose time is over
 * first; pool->n: there is none. */
static size_t first_guessed(const struct pool *pool, const enum rank *ranks)
{
	const struct credential_state *s = pool->states;
	size_t found = pool->n;

	for (size_t i = 0; i < pool->n; i++)
		if (ranks[i] == RANK_LEFT_OUT && is_guessed(&s[i]) &&
		    (found == pool->n ||
		     s[i].cooldown_left_ms < s[found].cooldown_left_ms))
			found = i;
	return found;
}

static void add(struct candidates *c, const struct pool *pool, size_t i)
{
	c->states[c->n] = &pool->states[i];
	c->list[c->n++] = pool->list[i];
}

/* In turn, one of the rejected ones keeps its place. */
static void doubt_rejected(const struct pool *pool, enum rank *ranks)
{
	bool first = true;

	for (size_t i = 0; i < pool->n; i++) {
		const struct credential_state *s = &pool->states[i];

		if (ranks[i] != RANK_AVAILABLE || !s->cooled ||
		    s->cooldown_kind != ERROR_CREDENTIAL)
			continue;
		if (!first)
			ranks[i] = RANK_DOUBTED;
		first = false;
	}
}

static void add_ranked(struct candidates *c, const struct pool *pool,
		       enum rank *ranks)
{
	size_t guessed;

	doubt_rejected(pool, ranks);
	for (enum rank r = RANK_PINNED; r < RANKS; r++)
		for (size_t i = 0; i < pool->n; i++)
			if (ranks[i] == r)
				add(c, pool, i);
	guessed = first_guessed(pool, ranks);
	if (c->n > 0 || guessed == pool->n)
		return;
	c->last_resort_until = pool->states[guessed].cooldown_until;
	ranks[guessed] = RANK_COOLING;
	add(c, pool, guessed);
}

bool candidates_find(struct candidates *c, const struct caller *caller,
		     const struct upstream *upstream, const char *pinned,
		     struct error *e)
{
	struct pool pool;
	enum rank *ranks;

	if (!load_pool(&pool, c, caller, upstream, e))
		return false;
	c->own = caller->own;
	c->list = arena_array(c->arena, pool.n, sizeof(*c->list));
	c->states = arena_array(c->arena, pool.n, sizeof(*c->states));
	c->n = 0;
	ranks = arena_array(c->arena, pool.n, sizeof(*ranks));
	for (size_t i = 0; i < pool.n; i++)
		ranks[i] = rank_of(pool.list[i], &pool.states[i], pinned);
	add_ranked(c, &pool, ranks);
	for (size_t i = 0; i < pool.n; i++) {
		struct error why;

		if (ranks[i] != RANK_LEFT_OUT)
			continue;
		set_unavailable(c, &why, &pool.states[i]);
		if (error_precedence_apply(&c->none, &why))
			c->refused = pool.list[i];
	}
	return true;
}
