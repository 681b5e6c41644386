/* SPDX-License-Identifier: MIT */
/* Prices, as budgets use them. */
#include "store/budget_prices_internal.h"

#include <string.h>

static const char *const regions[] = { "global", "cn" };

#define N_REGIONS (sizeof(regions) / sizeof(*regions))

/* p->id 0: there is none. */
static bool find(struct db *db, const struct price_name *name, bool list,
		 struct price *p, struct arena *a, struct error *e)
{
	struct price_name in = *name;

	p->id = 0;
	for (size_t i = 0; i < N_REGIONS && p->id == 0; i++) {
		in.region = regions[i];
		if (!(list ? prices_find_list(db, &in, p, a, e) :
			     prices_find(db, &in, p, a, e)))
			return false;
	}
	return true;
}

/* What is not known of the cache costs as much as the rest of the prompt. */
static int64_t charge(const struct price *p, const struct chat_usage *u)
{
	struct chat_usage plain = *u;
	int64_t cost;

	plain.cached = plain.cache_write = plain.cache_write_1h = 0;
	plain.searches = 0;
	if (p->id == 0 || (!price_cost(&p->rates, u, &cost) &&
			   !price_cost(&p->rates, &plain, &cost)))
		return PRICE_UNKNOWN;
	return cost;
}

/* What a plan includes costs nothing there, but counts. */
static bool is_included(const struct price *p)
{
	return p->rates.input == 0 && p->rates.output == 0;
}

bool budget_prices_cost(struct db *db, const struct price_name *name,
			const struct chat_usage *u, int64_t *cost,
			struct arena *a, struct error *e)
{
	bool plan = strcmp(name->service, "platform") != 0;
	struct price p;

	if (!find(db, name, false, &p, a, e))
		return false;
	*cost = plan && is_included(&p) ? PRICE_UNKNOWN : charge(&p, u);
	if (*cost != PRICE_UNKNOWN || !plan)
		return true;
	if (!find(db, name, true, &p, a, e))
		return false;
	*cost = charge(&p, u);
	return true;
}
