/* SPDX-License-Identifier: MIT */
/* Callers as owners of rows. */
#include "app/owner.h"

#include "store/space.h"

/* All strangers together may keep so many times as much as one. */
#define STRANGERS 16

struct store_owner owner_of(const struct exchange *x,
			    const struct caller *caller)
{
	const struct config *config = &x->app->config;
	struct store_owner owner = {
		.fingerprint = caller->fingerprint,
		.label = caller->label,
		.space = config->key_space,
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
