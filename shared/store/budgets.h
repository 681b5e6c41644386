/* SPDX-License-Identifier: MIT */
#ifndef STORE_BUDGETS_H
#define STORE_BUDGETS_H

#include "base/time_zone.h"
#include "store/api_keys.h"

/* What an API key has used of a budget, and running requests have reserved. */
struct store_budget_use {
	const char *key; /* its name or public id */
	struct store_key_budget budget;
	struct time_span span; /* the current period; both 0: there is no end */
	int64_t used, reserved;
};

struct store_budget_uses {
	struct store_budget_use *list;
	size_t n;
};

/* All budgets of the key of that row, in their current periods. */
bool store_budgets_read(struct store *s, int64_t key,
			const struct time_zone *zone,
			struct store_budget_uses *uses, struct arena *a,
			struct error *e);

/* Those of all keys. */
bool store_budgets_read_all(struct store *s, const struct time_zone *zone,
			    struct store_budget_uses *uses, struct arena *a,
			    struct error *e);

#endif
