/* SPDX-License-Identifier: MIT */
#ifndef STORE_TOKEN_RENEWAL_H
#define STORE_TOKEN_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"
#include "upstream/credential.h"
#include "upstream/upstream.h"

/*
 * The access tokens that Kimi gave for a credential, shared by all processes
 * that use the file, and the lock that lets only one of them renew.
 */

/* The tokens of the last renewal; `token` is NULL if there was none. */
bool store_token_renewal_load(struct store *s, const struct credential *c,
			      struct access_token *access, struct arena *a,
			      struct error *e);

/*
 * Takes the lock if no other process has it (`*locked`). It ends at `until`
 * (wall clock, ms) or with an unlock that names the same `until`, so that a
 * process that is late does not release the lock of the next one.
 */
bool store_token_renewal_lock(struct store *s, const struct credential *c,
			      int64_t until, bool *locked, struct error *e);
bool store_token_renewal_unlock(struct store *s, const struct credential *c,
				int64_t until, struct error *e);

/*
 * Stores renewed tokens, encrypted under a key derived from the credential. On
 * disk when it returns: Kimi may have invalidated the old ones. Ends a cooldown
 * that began because Kimi refused the credential.
 */
bool store_token_renewal_save(struct store *s, const struct credential *c,
			      const struct access_token *access,
			      struct arena *a, struct error *e);

#endif
