/* SPDX-License-Identifier: MIT */
#ifndef STORE_PRUNING_STEP_INTERNAL_H
#define STORE_PRUNING_STEP_INTERNAL_H

#include "store/db_internal.h"

/* Private to the store: a step of store_prune, and what came of it. */
struct pruning_step {
	int64_t keep_ms, max_bytes; /* as in struct store_retention */
	struct db *db;
	int64_t request; /* the last one that was looked at, before and after */
	int64_t rows;	 /* deleted */
	bool more;	 /* there is more to do */
	bool full;	 /* it is too much, and nothing else may go */
};

/* In a transaction that writes. */
bool pruning_step_take(struct pruning_step *s, struct error *e);

#endif
