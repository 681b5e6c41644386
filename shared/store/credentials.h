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

/* The cooldown of a credential, shared by all processes that use the file. */
struct credential_state {
	int64_t cooldown_left_ms;      /* 0: it is available */
	int64_t cooldown_until;	       /* wall clock, ms; names the cooldown */
	enum error_kind cooldown_kind; /* why */
	bool cooldown_named; /* its end is Kimi's word, not a guess of ours */
	bool cooled;	     /* it did cool down, and was not cleared since */
	const char *cooldown_words; /* what Kimi said; NULL: not known */
	const char *failure; /* what its owner has to do; NULL: nothing */
};

/* The failure that the cooldown began with, as far as it was kept. */
void store_credential_failure(const struct credential_state *state,
			      struct error *why);

/* `states` has `n` elements, filled in the order of `list`. */
bool store_credential_states(struct store *s,
			     const struct credential *const *list, size_t n,
			     struct credential_state *states, struct arena *a,
			     struct error *e);

/* Cools it down until then (wall clock, ms), or COOLDOWN_FOREVER, for the
 * reason `why`. What its owner has to do, if anything (upstream/advice.h), is
 * kept until it works again. */
bool store_credential_cool_down(struct store *s, const struct credential *c,
				const struct error *why, int64_t until,
				struct error *e);

/* Forgets the cooldown that ends then, unless another one took its place. */
bool store_credential_clear(struct store *s, const struct credential *c,
			    int64_t until, struct error *e);

/* Whether a request with that label ever ended well. Reads all usage. */
bool store_credential_has_answered(struct store *s, const struct credential *c,
				   bool *answered, struct error *e);

#endif
