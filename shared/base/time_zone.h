/* SPDX-License-Identifier: MIT */
#ifndef BASE_TIME_ZONE_H
#define BASE_TIME_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * The local time of a place, for the owner's calendar. The C library has one
 * zone per process, and it reads that from the environment; here are as many as
 * there are configurations. A zone never changes: any thread may use it.
 */
struct time_zone;

enum time_period { TIME_DAY, TIME_WEEK, TIME_MONTH, TIME_PERIODS };

/* Milliseconds since 1970 (UTC); the end belongs to the next one. */
struct time_span {
	int64_t begin, end;
};

/*
 * The zone of that name in the system's database: "Europe/Berlin". NULL: the
 * system's own, or UTC if it has none. It lives as long as the arena.
 * ERROR_SETUP if there is no such zone.
 */
bool time_zone_open(const struct time_zone **zone, struct arena *a,
		    const char *name, struct error *e);

/* Seconds that local time is ahead of UTC at an instant (seconds since 1970,
 * UTC). */
int64_t time_zone_offset(const struct time_zone *z, int64_t at);

/* The local day, week (from Monday) or month around an instant, in milliseconds
 * since 1970. A day has 23 or 25 hours where clocks are changed. */
struct time_span time_zone_span(const struct time_zone *z,
				enum time_period period, int64_t at_ms);

/* The instant as people there write it: "2026-12-02 00:00:00 +01:00". */
const char *time_zone_text(const struct time_zone *z, int64_t at_ms,
			   struct arena *a);

#endif
