/* SPDX-License-Identifier: MIT */
/* Which credentials to try, in which order. */
#include "app/relay/candidates.h"

#include <string.h>

#include "base/clock.h"
#include "store/credentials.h"
#include "store/rotation.h"
#include "upstream/upstream.h"

size_t candidates_count(const struct caller *caller,
			const struct upstream *upstream)
{
	size_t n = 0;

	for (size_t i = 0; i < caller->n_credentials; i++)
		n += caller->credentials[i].upstream == upstream;
	return n;
}

/* Kimi's word goes before the table's; a reset time is Kimi's word, too. */
static int64_t rest_of(const struct error *why)
{
	if (why->retry_after_ms > 0 &&
	    why->cooldown_ms != ERROR_COOLDOWN_FOR_GOOD)
		return why->retry_after_ms;
	return why->cooldown_ms > 0 ? why->cooldown_ms :
				      error_cooldown_ms(why->kind);
}

void candidates_cool_down(struct store *store,
			  const struct credential *credential,
			  struct error *why)
{
	int64_t rest = rest_of(why), until = ERROR_COOLDOWN_FOR_GOOD;
	struct error ignored;

	if (rest != ERROR_COOLDOWN_FOR_GOOD) {
		until = clock_wall_ms() + rest;
		if (error_status(why->kind) == 429)
			why->retry_after_ms = rest;
	}
	store_credential_cool_down(store, credential, why, until, &ignored);
}

/* 0: not in the list. A client can act on the first, nobody on the last. */
static int truth(enum error_kind kind)
{
	static const enum error_kind order[] = {
		ERROR_CREDENTIAL, ERROR_FORBIDDEN,  ERROR_CLIENT_REFUSED,
		ERROR_UPSTREAM,	  ERROR_TIMEOUT,    ERROR_OVERLOADED,
		ERROR_QUOTA,	  ERROR_RATE_LIMIT,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (order[i] == kind)
			return (int)i + 1;
	return 0;
}

void candidates_prefer(struct error *worst, const struct error *e)
{
	bool sooner = e->kind == worst->kind && e->retry_after_ms > 0 &&
		      (worst->retry_after_ms == 0 ||
		       e->retry_after_ms < worst->retry_after_ms);

	if (truth(e->kind) > truth(worst->kind) || sooner)
		*worst = *e;
}

/* A credential that is left out speaks through the error. */
static void set_resting(struct error *e, const struct credential_state *state,
			int64_t now)
{
	error_set(e, state->cooldown_kind,
		  "Kimi refused the last request of every credential for this "
		  "model (%s): they rest.",
		  error_name(state->cooldown_kind));
	if (state->cooldown_until != ERROR_COOLDOWN_FOR_GOOD)
		e->retry_after_ms = state->cooldown_until - now;
}

static bool is_refused(const struct credential_state *s, int64_t now)
{
	return s->cooldown_until > now &&
	       error_cooldown(s->cooldown_kind) == ERROR_COOLDOWN_HARD;
}

bool candidates_available(struct store *store,
			  const struct credential *credential, struct arena *a,
			  struct error *why)
{
	int64_t now = clock_wall_ms();
	struct credential_state state;
	struct error ignored;

	if (!store_credential_states(store, &credential, 1, &state, a,
				     &ignored) ||
	    !is_refused(&state, now))
		return true;
	set_resting(why, &state, now);
	return false;
}

/* A place in the order: the pinned one, those awake, those that rest. */
static int rank(const struct credential *c, const struct credential_state *s,
		const char *pinned, int64_t now)
{
	if (s->cooldown_until > now)
		return is_refused(s, now) ? -1 : 2;
	if (pinned != NULL && strcmp(c->fingerprint, pinned) == 0)
		return 0;
	return 1;
}

static void sort_in(struct candidates *c, const struct credential **all,
		    const struct credential_state *states, size_t n,
		    int64_t rotation, const char *pinned)
{
	int64_t now = clock_wall_ms();
	struct error e;

	for (int place = 0; place <= 2; place++)
		for (size_t i = 0; i < n; i++) {
			size_t at = ((size_t)rotation + i) % n;
			int r = rank(all[at], &states[at], pinned, now);

			if (r == place)
				c->list[c->n++] = all[at];
			if (r >= 0 || place > 0)
				continue;
			set_resting(&e, &states[at], now);
			candidates_prefer(&c->none, &e);
		}
}

bool candidates_find(struct candidates *c, const struct caller *caller,
		     const struct upstream *upstream, const char *pinned,
		     struct store *store, struct arena *a, struct error *e)
{
	size_t n = candidates_count(caller, upstream), found = 0;
	int64_t rotation = 0;
	const struct credential **all = arena_array(a, n, sizeof(*all));
	struct credential_state *states = arena_array(a, n, sizeof(*states));

	for (size_t i = 0; i < caller->n_credentials; i++)
		if (caller->credentials[i].upstream == upstream)
			all[found++] = &caller->credentials[i];
	if (!store_credential_states(store, all, n, states, a, e))
		return false;
	if (n > 1 && !store_rotation_next(store, upstream->name, &rotation, e))
		return false;
	c->list = arena_array(a, n, sizeof(*c->list));
	c->n = 0;
	error_set(&c->none, ERROR_INTERNAL, "No credential could be tried.");
	sort_in(c, all, states, n, rotation, pinned);
	return true;
}
