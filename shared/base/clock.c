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

#define LAST_SECOND 253402300799 /* of the year 9999 */

/* The last `n` digits, and what follows them. */
static char *put_digits(char *out, int v, int n, char after)
{
	out[n] = after;
	for (int i = n - 1; i >= 0; i--, v /= 10)
		out[i] = (char)('0' + v % 10);
	return out + n + 1;
}

/* Each line of the log has one: strftime takes four times as long. */
void clock_date(int64_t wall_ms, char out[CLOCK_DATE_SIZE])
{
	time_t t = (time_t)(wall_ms < 0 ? 0 : wall_ms / 1000);
	struct tm tm;

	if (t > LAST_SECOND)
		t = LAST_SECOND;
	gmtime_r(&t, &tm);
	out = put_digits(out, tm.tm_year + 1900, 4, '-');
	out = put_digits(out, tm.tm_mon + 1, 2, '-');
	out = put_digits(out, tm.tm_mday, 2, 'T');
	out = put_digits(out, tm.tm_hour, 2, ':');
	out = put_digits(out, tm.tm_min, 2, ':');
	out = put_digits(out, tm.tm_sec, 2, 'Z');
	*out = '\0';
}

void clock_sleep_ms(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}
