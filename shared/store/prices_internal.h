/* SPDX-License-Identifier: MIT */
#ifndef STORE_PRICES_INTERNAL_H
#define STORE_PRICES_INTERNAL_H

#include "store/db_internal.h"
#include "store/outcome.h"
#include "store/price.h"

/* Private to the store: which price applies. */
struct price_name {
	const char *service; /* 'platform', 'code', 'web' */
	const char *region;  /* NULL: unknown, so only a price for each */
	const char *model;
	const char *currency; /* NULL: any */
	int64_t at_ms;	      /* when the request began */
};

struct price {
	int64_t id; /* 0: there is none */
	const char *currency;
	struct price_rates rates;
};

/*
 * The price of the model itself goes before that of a pattern, a longer pattern
 * before a shorter one, that of the region before one of each; of these, the
 * newest that is not after the request began. In a transaction; runs no
 * statement if the prices are known.
 */
bool prices_find(struct db *db, const struct price_name *name, struct price *p,
		 struct arena *a, struct error *e);

/* The price of the same model at the Open Platform: of what a plan paid for. */
bool prices_find_list(struct db *db, const struct price_name *name,
		      struct price *p, struct arena *a, struct error *e);

/* Fills the cost of a request that ends. */
bool prices_charge(struct db *db, const char *model, int64_t at_ms,
		   struct store_outcome *o, struct arena *a, struct error *e);

#endif
