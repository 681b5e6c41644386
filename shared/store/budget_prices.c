/* SPDX-License-Identifier: MIT */
/* Prices, as budgets use them. */
#include "store/budget_prices_internal.h"

bool budget_prices_cost(struct db *db, const struct budget_price *price,
			const struct budget_tokens *tokens, int64_t *cost,
			bool *priced, struct error *e)
{
	struct query q;

	*cost = 0;
	query_open(&q, db, DB_BUDGET_PRICE);
	query_text(&q, price->service);
	query_text(&q, price->model);
	query_text(&q, price->currency);
	query_int(&q, price->at_ms);
	*priced = query_row(&q);
	if (*priced)
		*cost = ((tokens->prompt - tokens->cached) *
				 query_get_int(&q, 0) +
			 tokens->cached * query_get_int(&q, 1) +
			 tokens->completion * query_get_int(&q, 2) + 500) /
			1000;
	return query_close(&q, e);
}
