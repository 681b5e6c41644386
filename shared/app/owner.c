/* SPDX-License-Identifier: MIT */
/* Callers as owners of rows. */
#include "app/owner.h"

#include "base/clock.h"
#include "store/space.h"

/* All strangers together may keep so many times as much as one. */
#define STRANGERS 16

/* How precisely the last use of a key is known. */
#define USE_MS 60000

static bool is_due(int64_t last, int64_t now)
{
	return now - last >= USE_MS || last > now;
}

/* When it was used, if that is to be noted. */
static int64_t use_to_note(const struct caller *caller, int64_t now)
{
	const struct store_api_key *k = &caller->key;

	if (is_due(k->last_used_at, now) ||
	    (caller->secret != NULL && is_due(k->secret_last_used_at, now)))
		return now;
	return 0;
}

static int64_t space_of(const struct exchange *x, const struct caller *caller)
{
	const struct store_api_key *k = &caller->key;

	return k->row != 0 && k->space >= 0 ? k->space :
					      x->app->config.key_space;
}

struct store_owner owner_of(const struct exchange *x,
			    const struct caller *caller)
{
	const struct config *config = &x->app->config;
	struct store_owner owner = {
		.fingerprint = caller->fingerprint,
		.label = caller->label,
		.secret = caller->secret,
		.used_ms = use_to_note(caller, clock_wall_ms()),
		.space = space_of(x, caller),
	};

	if (caller->own) {
		owner.stranger = caller->credentials[0].fingerprint;
		owner.space = config->stranger_space;
		owner.all_space = config->stranger_space * STRANGERS;
	}
	return owner;
}

bool owner_check_space(struct exchange *x, const struct caller *caller,
		       struct store *store, struct error *e)
{
	const struct store_owner owner = owner_of(x, caller);

	return store_space_check(store, &owner,
				 (int64_t)x->request.body.len + 1, e);
}
