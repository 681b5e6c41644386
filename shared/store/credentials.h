/* SPDX-License-Identifier: MIT */
#ifndef STORE_CREDENTIALS_H
#define STORE_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"
#include "upstream/credential.h"
#include "upstream/upstream.h"

/* How a credential fares, for all processes that share the file. */
struct credential_state {
	int64_t resting_until;	       /* wall clock, ms; past: fit for use */
	enum error_kind cooldown_kind; /* why it rests */
};

bool store_credential_states(struct store *s,
			     const struct credential *const *list, size_t n,
			     struct credential_state *states, struct arena *a,
			     struct error *e);

/* Whose turn it is in a pool: a number that grows by one with each call. */
bool store_rotation_next(struct store *s, const char *pool, int64_t *next,
			 struct error *e);

/* Lets it rest for the reason `why`. */
bool store_credential_cool_down(struct store *s, const struct credential *c,
				const struct error *why, int64_t until,
				struct error *e);

/* The tokens of its last renewal; `token` NULL if there were none. */
bool store_credential_tokens(struct store *s, const struct credential *c,
			     struct access_token *access, struct arena *a,
			     struct error *e);

/*
 * The right to renew it: one of all processes gets it, until it unlocks or
 * `until` passes, which also is its ticket.
 */
bool store_credential_lock(struct store *s, const struct credential *c,
			   int64_t until, bool *locked, struct error *e);
bool store_credential_unlock(struct store *s, const struct credential *c,
			     int64_t until, struct error *e);

/* Stores renewed tokens, sealed; on disk when it returns. */
bool store_credential_renewed(struct store *s, const struct credential *c,
			      const struct access_token *access,
			      struct arena *a, struct error *e);

#endif
