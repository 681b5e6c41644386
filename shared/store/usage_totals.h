/* SPDX-License-Identifier: MIT */
#ifndef STORE_USAGE_TOTALS_H
#define STORE_USAGE_TOTALS_H

#include "store/usage_bounds.h"
#include "store/usage_report.h"

/*
 * All that was ever used. No number falls, whatever is pruned or deleted: API
 * keys that were deleted go on being counted, and all clients that bring
 * credentials are one key. Names that Kimi never replied under and that nobody
 * knows are one model, so that clients cannot make up any number of them.
 */
struct usage_total {
	const char *key; /* its name or public id; NULL: all of them */
	const char *model, *service;	/* "": of those that we refused */
	int64_t numbers[USAGE_NUMBERS]; /* up to USAGE_SEARCHES */
};

struct usage_total_cost {
	size_t of; /* the total's place in the list */
	const char *currency;
	int64_t cost; /* nano-units */
};

struct usage_totals {
	struct usage_total *list;
	struct usage_total_cost *costs;
	size_t n, n_costs;
};

bool store_usage_totals(struct store *s, bool by_key, struct usage_totals *t,
			struct arena *a, struct error *e);

struct usage_histogram {
	int64_t count, sum_ms;
	int64_t at_most[USAGE_BOUNDS]; /* so many took at most the bound */
};

/* Of the requests that were sent to Kimi; models are as above. */
struct usage_latency {
	const char *model, *service;
	struct usage_histogram duration;
	struct usage_histogram first_token; /* of those that had one */
};

bool store_usage_latencies(struct store *s, struct usage_latency **list,
			   size_t *n, struct arena *a, struct error *e);

#endif
