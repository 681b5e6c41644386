/* SPDX-License-Identifier: MIT */
#ifndef STORE_ADMISSION_INTERNAL_H
#define STORE_ADMISSION_INTERNAL_H

#include "store/db_internal.h"
#include "store/turns.h"

/* Private to the store: admits requests, and settles what they used. */

/*
 * Reserves what a turn asks for, unless its key has no limits. The turn has its
 * key_row. ERROR_REQUEST_RATE, ERROR_TOKEN_RATE, ERROR_TOKEN_LIMIT, ERROR_QUOTA
 * or, without a price for a budget in money, ERROR_FORBIDDEN: then the
 * transaction is to be abandoned.
 */
bool admission_take(struct db *db, struct store_turn *t, struct arena *a,
		    struct error *e);

/* The turn is not opened, and what was taken comes back with its
 * transaction: forgets what would be left. */
void admission_abandon(struct store_turn *t, const struct error *why);

/* Notes in the turn's row what it has reserved, if that is tokens. */
bool admission_note(struct db *db, const struct store_turn *t, struct error *e);

/* Gives back what the request of that row has reserved, if anything, and books
 * what its row says that it used. The row has its outcome by now. */
bool admission_settle(struct db *db, int64_t request_row, struct error *e);

#endif
