/* SPDX-License-Identifier: MIT */
#ifndef STORE_BUDGETS_INTERNAL_H
#define STORE_BUDGETS_INTERNAL_H

#include "store/db_internal.h"
#include "store/turns.h"

/*
 * Private to the store: what an API key may use in a day, week, month or in
 * all. What it used is a row for each such period, so nobody has to reset
 * anything.
 */
#define BUDGET_TOKENS "tokens"

/* Reserves in all budgets of its key what the turn may use, or fills the
 * error. */
bool budgets_reserve(struct db *db, const struct store_turn *t, struct arena *a,
		     struct error *e);

/* What a request has reserved in a unit, and what it used. */
struct budget_use {
	int64_t key, at_ms;
	const char *unit;
	int64_t reserved, used;
};

bool budgets_settle(struct db *db, const struct budget_use *use,
		    struct error *e);

#endif
