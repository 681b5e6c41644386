/* SPDX-License-Identifier: MIT */
/* When a streaming client needs a sign of life; the clock is this test's. */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "http/keep_alive.h"

static int64_t *now_ms(void)
{
	static int64_t now = 5000;

	return &now;
}

int64_t clock_ms(void)
{
	return *now_ms();
}

int64_t clock_wall_ms(void)
{
	return *now_ms();
}

void clock_sleep_ms(int64_t ms)
{
	*now_ms() += ms;
}

static void it_is_due_after_its_time(void **state)
{
	struct keep_alive k;

	(void)state;
	keep_alive_init(&k, 1000);
	assert_int_equal(keep_alive_due_in(&k, clock_ms()), 1000);
	assert_int_equal(keep_alive_due_in(&k, clock_ms() + 999), 1);
	assert_int_equal(keep_alive_due_in(&k, clock_ms() + 1000), 0);
	assert_true(keep_alive_due_in(&k, clock_ms() + 1500) < 0);
}

static void what_is_written_starts_the_time_again(void **state)
{
	struct sink sink = { .pending = true };
	struct keep_alive k;

	(void)state;
	keep_alive_init(&k, 1000);
	*now_ms() += 700;
	keep_alive_wrote(&k, &sink);
	assert_int_equal(keep_alive_due_in(&k, clock_ms()), 1000);
}

static void what_the_client_does_not_see_does_not(void **state)
{
	struct sink sink = { .pending = false };
	struct keep_alive k;

	(void)state;
	keep_alive_init(&k, 1000);
	*now_ms() += 700;
	keep_alive_wrote(&k, &sink);
	assert_int_equal(keep_alive_due_in(&k, clock_ms()), 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_due_after_its_time),
		TEST(what_is_written_starts_the_time_again),
		TEST(what_the_client_does_not_see_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
