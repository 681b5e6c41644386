/* SPDX-License-Identifier: MIT */
/* Times as texts. */
#include "tests/unit/support/test.h"

#include <time.h>

#include "base/clock.h"

#define SECOND INT64_C(1000)
#define DAY (24 * 60 * 60 * SECOND)

static void a_date_is_what_strftime_writes(void **state)
{
	(void)state;
	for (int64_t ms = 0; ms < 200 * 366 * DAY; ms += DAY - 7919 * SECOND) {
		char ours[CLOCK_DATE_SIZE], theirs[CLOCK_DATE_SIZE];
		time_t t = (time_t)(ms / SECOND);
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm);
		clock_date(ms, ours);
		assert_string_equal(ours, theirs);
	}
}

/* Kimi's lists of models and balances have times, too. */
static void a_time_without_a_year_of_four_digits_is_the_nearest(void **state)
{
	static const struct {
		int64_t ms;
		const char *date;
	} rows[] = {
		{ -1, "1970-01-01T00:00:00Z" },
		{ INT64_MIN, "1970-01-01T00:00:00Z" },
		{ INT64_C(253402300799999), "9999-12-31T23:59:59Z" },
		{ INT64_C(253402300800000), "9999-12-31T23:59:59Z" },
		{ INT64_MAX, "9999-12-31T23:59:59Z" },
	};
	char date[CLOCK_DATE_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		clock_date(rows[i].ms, date);
		assert_string_equal(date, rows[i].date);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_date_is_what_strftime_writes),
		TEST(a_time_without_a_year_of_four_digits_is_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
