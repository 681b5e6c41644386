/* SPDX-License-Identifier: MIT */
#ifndef STORE_BUDGET_PRICES_INTERNAL_H
#define STORE_BUDGET_PRICES_INTERNAL_H

#include "store/prices_internal.h"

/*
 * Private to the store: what a request counts for in a budget, in nano-units.
 * That is the price of its model in the budget's currency, in whatever region;
 * where its service has none, or is a plan that includes the model, that of the
 * Open Platform. So a budget means the same whichever credential is used.
 * PRICE_UNKNOWN if neither has one.
 */
bool budget_prices_cost(struct db *db, const struct price_name *name,
			const struct chat_usage *u, int64_t *cost,
			struct arena *a, struct error *e);

#endif
