/* SPDX-License-Identifier: MIT */
/* The wall clock and the monotonic one. */
#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

int64_t clock_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

void clock_date(int64_t wall_ms, char out[CLOCK_DATE_SIZE])
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, CLOCK_DATE_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void clock_sleep_ms(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}
