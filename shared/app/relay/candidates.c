/* SPDX-License-Identifier: MIT */
/* Which credentials to try, in which order. */
#include "app/relay/candidates_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "app/relay/error_precedence_internal.h"
#include "base/clock.h"
#include "store/rotation.h"
#include "upstream/upstream.h"
#include "upstream/cooldown.h"

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
	*c = (struct candidates){ .store = store, .arena = a };
	error_set(&c->none, ERROR_INTERNAL, "No credential could be tried.");
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

void candidates_explain(bool own, const struct upstream *upstream,
			struct error *e)
{
	char words[300];

	if (e->kind != ERROR_CREDENTIAL)
		return;
	snprintf(words, sizeof(words), "%.299s", e->message);
	if (own)
		error_set(e, ERROR_CREDENTIAL,
			  "Kimi does not accept your credential: %s, then send "
			  "it as the API key. %s",
			  upstream->replacement, words);
	else
		error_set(e, ERROR_OUR_CREDENTIAL,
			  "Kimi does not accept this server's credential: its "
			  "owner has to %s into KIMI_TOKENS. %s",
			  upstream->replacement, words);
}

/* What put a credential into cooldown, and what to do about it: whoever runs
 * this server, or the client that sent it. */
static const struct {
	const char *why, *server, *client;
} texts[ERROR_KINDS] = {
	[ERROR_CREDENTIAL] = { "Kimi did not accept it before.", "", "" },
	[ERROR_FORBIDDEN] = { "Kimi does not allow this for the account.",
			      "Check the account's plan at Kimi.",
			      "Check your plan at Kimi." },
	[ERROR_CLIENT_REFUSED] = { "Kimi does not accept this program with "
				   "that credential.",
				   "Add a credential for another service to "
				   "KIMI_TOKENS.",
				   "Send a credential for another service as "
				   "the API key." },
	[ERROR_RATE_LIMIT] = { "rate limit reached.",
			       "Wait, or add more credentials to KIMI_TOKENS.",
			       "Wait, or send several credentials, separated "
			       "by commas, as the API key." },
	[ERROR_QUOTA] = { "quota or balance used up.",
			  "Top up the account, wait until the quota resets, "
			  "or add more credentials to KIMI_TOKENS.",
			  "Top up your account, wait until the quota resets, "
			  "or send another credential as the API key." },
};

static void set_unavailable(const struct candidates *c, struct error *e,
			    const struct credential_state *state)
{
	enum error_kind kind = state->cooldown_kind;
	const char *advice = c->own ? texts[kind].client : texts[kind].server;

	const char *words = state->cooldown_words;

	assert(advice != NULL); /* all kinds with COOLDOWN_HARD have one */
	if (kind == ERROR_CREDENTIAL) /* candidates_explain does the rest */
		error_set(e, kind, "%s",
			  words == NULL ? texts[kind].why : words);
	else
		error_set(e, kind,
			  "All %sKimi credentials for this model are "
			  "unavailable. Reason: %s %s%s%.200s",
			  c->own ? "your " : "", texts[kind].why, advice,
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
