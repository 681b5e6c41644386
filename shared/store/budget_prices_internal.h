/* SPDX-License-Identifier: MIT */
#ifndef STORE_BUDGET_PRICES_INTERNAL_H
#define STORE_BUDGET_PRICES_INTERNAL_H

#include "store/db_internal.h"

/*
 * Private to the store: what a request counts for in a budget. That is the price
 * of its model in the budget's currency, in whatever region; where its service
 * has none, as a plan has not, that of the Open Platform. So a budget means the
 * same whichever credential is used.
 */
struct budget_price {
	const char *service, *model, *currency;
	int64_t at_ms; /* when the request began */
};

/* Tokens; the prompt includes all that is about the cache. */
struct budget_tokens {
	int64_t prompt, cached, completion;
};

/* In nano-units. `*priced`: there is a price. */
bool budget_prices_cost(struct db *db, const struct budget_price *price,
			const struct budget_tokens *tokens, int64_t *cost,
			bool *priced, struct error *e);

#endif
