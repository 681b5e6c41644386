/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_QUOTA_H
#define UPSTREAM_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define QUOTA_UNKNOWN INT64_MIN
#define QUOTA_WHOLE_PPM INT64_C(1000000)
#define QUOTA_NANO INT64_C(1000000000) /* of a currency's unit */

/* What is left of a window of an account's plan, or of its money. Numbers are
 * points of the plan or, with a currency, nano-units of it. */
struct quota {
	const char *name;		/* "5 hours", "month", "balance" */
	int64_t used, remaining, whole; /* QUOTA_UNKNOWN */
	int64_t used_ppm;     /* of the whole, in millionths; QUOTA_UNKNOWN */
	const char *currency; /* NULL: it is no money */
	int64_t resets_at;    /* wall clock, ms; 0: not known */
	int64_t seen_at;      /* when Kimi said so; wall clock, ms */
	bool optional;	      /* requests go on without it; is not stored */
};

struct quota_list {
	struct quota *items;
	size_t n, room;
	struct arena *arena;
	const char *plan; /* as Kimi calls it; NULL: not known */
};

struct quota quota_named(const char *name);
void quota_add(struct quota_list *list, const struct quota *q);

/* What is used of the whole, in millionths; QUOTA_UNKNOWN. */
int64_t quota_used_ppm(const struct quota *q);

/* Whether nothing is left of it, and requests need it. */
bool quota_is_used_up(const struct quota *q);

/* Milliseconds since 1970 of "2026-12-01T05:00:00.123Z"; 0: it is no time. */
int64_t quota_time(const char *text);

#endif
