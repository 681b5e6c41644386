/* SPDX-License-Identifier: MIT */
/* Private to time_zone*.c: what a zone is made of. */
#ifndef BASE_TIME_ZONE_INTERNAL_H
#define BASE_TIME_ZONE_INTERNAL_H

#include <stddef.h>

#include "base/time_zone.h"

#define SECONDS_PER_DAY 86400

/* When clocks are changed in a year. */
struct time_change {
	enum { TIME_MONTH_RULE, TIME_JULIAN_RULE, TIME_DAY_RULE } kind;
	int month, week, weekday; /* 1 to 12; 5: the last; 0: Sunday */
	int day;		  /* of the year: from 1 without 29 February, or
				   * from 0 */
	int64_t time;		  /* seconds after local midnight */
};

/* What POSIX writes as "CET-1CEST,M3.5.0,M10.5.0/3". Offsets are seconds ahead
 * of UTC. */
struct time_rule {
	int64_t standard, summer;
	bool has_summer;
	struct time_change begin, end; /* of summer time */
};

/* From `at[i]` on, local time is ahead by `offsets[i]`; after the last of them
 * the rule tells, if there is one. */
struct time_zone {
	int64_t first; /* the offset before them */
	const int64_t *at, *offsets;
	size_t n;
	bool has_rule;
	struct time_rule rule;
};

bool time_rule_parse(struct time_rule *r, const char *text);
int64_t time_rule_offset(const struct time_rule *r, int64_t at);

/* A TZif file (RFC 8536) of version 2 or later, whole. */
bool time_zone_decode(struct time_zone *z, struct arena *a,
		      const unsigned char *p, size_t n);

/* Days since 1970 of a date, and the other way round. */
int64_t time_days(int64_t year, int month, int day);

struct time_date {
	int64_t year;
	int month, day;
};

struct time_date time_date_of(int64_t days);

/* Both of time_days: rounded towards the past. */
int64_t time_floor(int64_t v, int64_t unit);

#endif
