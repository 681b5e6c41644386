/* SPDX-License-Identifier: MIT */
#ifndef STORE_MINUTE_LIMITS_INTERNAL_H
#define STORE_MINUTE_LIMITS_INTERNAL_H

#include "store/db_internal.h"
#include "store/turns.h"

/*
 * Private to the store: requests and tokens per minute (GCRA). For each a key
 * has the time at which all of the limit is there again, in nanoseconds; what is
 * used moves it on.
 */

/* Takes one request and its tokens, or fills the error. */
bool minute_limits_take(struct db *db, const struct store_turn *t,
			struct error *e);

/* Gives back tokens that were reserved but not used; fewer than 0: they were
 * used beyond that, which costs a minute at most. */
bool minute_limits_refund(struct db *db, int64_t key, int64_t tokens,
			  struct error *e);

#endif
