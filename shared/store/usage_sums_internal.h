/* SPDX-License-Identifier: MIT */
#ifndef STORE_USAGE_SUMS_INTERNAL_H
#define STORE_USAGE_SUMS_INTERNAL_H

#include "store/db_internal.h"
#include "store/outcome.h"
#include "store/turns.h"

#define USAGE_QUARTER_MS (INT64_C(15) * 60 * 1000)
#define USAGE_DAY_MS (INT64_C(24) * 60 * 60 * 1000) /* of UTC */

/* So long quarters are kept: they are for other time zones and recent days. */
#define USAGE_QUARTERS_MS (90 * USAGE_DAY_MS)

/*
 * Private to the store: adds a request that ends to the sums of usage by
 * quarter of an hour and day, and to the histograms of latency. In the
 * transaction that closes its row.
 */
bool usage_sums_add(struct db *db, const struct store_turn *t,
		    const struct store_outcome *o, struct error *e);

/* From when on there are all quarters: of the oldest day, some may be gone. */
bool usage_sums_quarters(struct db *db, int64_t *from, struct error *e);

/* Adds `n` requests that were refused now and have no rows. */
bool usage_sums_add_refusals(struct db *db, int64_t key, int64_t n,
			     struct error *e);

#endif
