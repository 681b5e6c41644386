/* SPDX-License-Identifier: MIT */
#ifndef STORE_TURN_OUTCOME_INTERNAL_H
#define STORE_TURN_OUTCOME_INTERNAL_H

#include "store/db_internal.h"
#include "store/outcome.h"
#include "store/turns.h"

/* Private to the store: everything that is written at the end of a turn, whose
 * key is known; none of its text if it is ephemeral. Fills the cost. */
bool turn_outcome_write(struct db *db, struct store_turn *t,
			struct store_outcome *o, bool ephemeral,
			struct arena *a, struct error *e);

#endif
