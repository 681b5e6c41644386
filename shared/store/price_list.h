/* SPDX-License-Identifier: MIT */
#ifndef STORE_PRICE_LIST_H
#define STORE_PRICE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/price.h"
#include "store/store.h"

/* A price, as owners see and set it. */
struct dated_price {
	int64_t id;
	const char *service; /* 'platform', 'code', 'web' */
	const char *region;  /* 'cn', 'global'; "": each */
	const char *model;   /* a name, or its start and '*' */
	const char *currency;
	int64_t since; /* ms since 1970 */
	struct price_rates rates;
	const char *source;
};

/* All of them or, without `all`, those that are not replaced by now. */
bool store_prices_list(struct store *s, bool all, struct dated_price **list,
		       size_t *n, struct arena *a, struct error *e);

/*
 * Adds prices, all or none. What one does not tell (PRICE_UNKNOWN) stays as it
 * was before `since`; one that changes nothing is not added. `*added` is how many
 * were. ERROR_VALUE if there is one from just that moment on: requests may have
 * been charged by it.
 */
bool store_prices_add(struct store *s, const struct dated_price *prices,
		      size_t n, size_t *added, struct error *e);

/* A model that was used since then, and what has no price of it now. */
struct unpriced_model {
	const char *service, *region, *model; /* region NULL: unknown */
	int64_t requests;		      /* without a cost */
	const char *lacks;		      /* a phrase: "a price" */
};

bool store_prices_missing(struct store *s, int64_t since,
			  struct unpriced_model **list, size_t *n,
			  struct arena *a, struct error *e);

#endif
