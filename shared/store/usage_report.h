/* SPDX-License-Identifier: MIT */
#ifndef STORE_USAGE_REPORT_H
#define STORE_USAGE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time_zone.h"
#include "store/store.h"

/* What an owner asks about usage. */
enum usage_group {
	USAGE_BY_DAY,
	USAGE_BY_HOUR,
	USAGE_BY_WEEK, /* from Monday */
	USAGE_BY_MONTH,
	USAGE_BY_KEY,
	USAGE_BY_MODEL,
	USAGE_BY_CREDENTIAL,
	USAGE_BY_CONVERSATION,
};

struct usage_question {
	enum usage_group by;
	/* ms since 1970, the second is not included. Days, hours, weeks and
	 * months are those of the zone, and begin whole; else quarters of an
	 * hour do. */
	int64_t since, until;
	const struct time_zone *zone;
	const int64_t *key; /* its row; NULL: all */
	const char *model;  /* NULL: all */
};

/* In the order of the columns of the sums. */
enum usage_number {
	USAGE_REQUESTS,
	USAGE_FAILURES, /* failed, cancelled or interrupted */
	USAGE_REFUSALS, /* by us */
	USAGE_UNPRICED, /* with tokens, but no cost */
	USAGE_PROMPT,
	USAGE_COMPLETION,
	USAGE_CACHED,
	USAGE_CACHE_WRITE,
	USAGE_CACHE_WRITE_1H,
	USAGE_REASONING,
	USAGE_SEARCHES,
	USAGE_COST,	 /* nano-units */
	USAGE_LIST_COST, /* … a plan's on the Open Platform */
	USAGE_NUMBERS,
};

struct usage_line {
	int64_t began_at; /* of a day, hour, week or month */
	const char *name; /* of what it is by; NULL: of none */
	const char *key;  /* of a conversation */
	/* NULL: nothing of this has a cost. What has a cost in another currency
	 * is a line of its own. */
	const char *currency, *list_currency;
	int64_t numbers[USAGE_NUMBERS];
};

/*
 * The lines in the order of time, those without usage included, or of their
 * tokens, the most first. What is older than 90 days is known by days of UTC
 * alone. All is in the arena.
 */
bool store_usage_report(struct store *s, const struct usage_question *question,
			struct usage_line **lines, size_t *n, struct arena *a,
			struct error *e);

#endif
