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
 * Takes the lock for that many milliseconds; `*lock` is 0 if another process
 * has it. It ends earlier with the process, or with an unlock that names it, so
 * that one that is late does not release the lock of the next one.
 */
bool store_token_renewal_lock(struct store *s, const struct credential *c,
			      int64_t ms, int64_t *lock, struct error *e);
bool store_token_renewal_unlock(struct store *s, const struct credential *c,
				int64_t lock, struct error *e);

/*
 * Stores renewed tokens, encrypted under a key derived from the credential. On
 * disk when it returns: Kimi may have invalidated the old ones. Ends a cooldown
 * that began because Kimi refused the credential.
 */
bool store_token_renewal_save(struct store *s, const struct credential *c,
			      const struct access_token *access,
			      struct arena *a, struct error *e);

#endif
