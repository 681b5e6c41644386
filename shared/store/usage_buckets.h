/* SPDX-License-Identifier: MIT */
#ifndef STORE_USAGE_BUCKETS_H
#define STORE_USAGE_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config_list.h"
#include "base/error.h"
#include "store/store.h"

/* Which usage is asked for, and how it is divided. Times are ms since 1970. */
struct usage_buckets {
	int64_t from;
	int64_t width; /* of a bucket: a minute, an hour or a day (UTC) */
	size_t n;      /* buckets; the first begins at `from` */
	bool by_key, by_model;
	bool by_currency;	   /* … and only what has a cost */
	struct config_list keys;   /* public ids; absent: all */
	struct config_list models; /* likewise */
};

/* What requests used that began in a bucket. Those that we refused used nothing,
 * and are not counted. */
struct usage_sum {
	struct usage_sum *next; /* in the same bucket */
	const char *key;	/* public id; NULL: not divided by it */
	const char *model;	/* likewise */
	const char *currency;	/* likewise */
	int64_t requests;
	int64_t prompt_tokens; /* with cached_ and cache_write_tokens */
	int64_t completion_tokens;
	int64_t cached_tokens, cache_write_tokens;
	int64_t searches;
	int64_t cost; /* nano-units */
};

/*
 * An array of the buckets' first sums; NULL where nothing was used. Days come
 * from their sums, and so do hours of the last 90 days; minutes and older hours
 * are added up from the rows of requests, which takes longer. NULL on failure.
 */
struct usage_sum **store_usage_buckets(struct store *s,
				       const struct usage_buckets *u,
				       struct arena *a, struct error *e);

#endif
