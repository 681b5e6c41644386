/* SPDX-License-Identifier: MIT */
/* Requests and tokens per minute, and requests at once. */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "tests/unit/support/limited.h"
#include "tests/unit/support/skipped_time.h"

#define NOON 1796126400000 /* 2026-12-01T12:00:00Z */
#define HOUR (60 * 60 * 1000)

static void a_minute_of_requests_passes_at_once_then_one_by_one(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);
	struct store_turn *t;
	struct error e;

	l.wants.requests_per_minute = 6;
	t = limited_ask(&l);
	assert_int_equal(t->admission->requests.limit, 6);
	assert_int_equal(t->admission->requests.remaining, 5);
	assert_in_range(t->admission->requests.reset_ms, 10000, 10000);
	assert_int_equal(limited_ask_many(&l, 10), 5);
	e = limited_refused(&l, ERROR_REQUEST_RATE);
	assert_contains(e.message,
			"on requests per min (RPM): Limit 6, Used 6, "
			"Requested 1. Please try again in ");
	assert_in_range(e.retry_after_ms, 9000, 10000);
	skipped_time_pass(10000);
	assert_int_equal(limited_ask_many(&l, 3), 1);
	skipped_time_pass(60000);
	assert_int_equal(limited_ask_many(&l, 10), 6);
}

static void the_time_to_wait_is_told_exactly_and_is_enough(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);
	struct error e;

	l.wants.requests_per_minute = 7; /* 8571.43 ms each */
	assert_int_equal(limited_ask_many(&l, 8), 7);
	e = limited_refused(&l, ERROR_REQUEST_RATE);
	assert_contains(e.message,
			arena_printf(*state, "try again in %lld.%03llds.",
				     (long long)e.retry_after_ms / 1000,
				     (long long)e.retry_after_ms % 1000));
	skipped_time_pass(e.retry_after_ms);
	assert_int_equal(limited_ask_many(&l, 2), 1);
}

static void tokens_that_were_not_used_come_back_at_the_end(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);
	struct store_turn *t;
	struct error e;

	l.wants.tokens_per_minute = 150; /* each request wants 100 */
	database_run(l.f.path, "UPDATE keys SET tokens_per_minute = 150");
	t = limited_ask(&l);
	assert_int_equal(t->admission->tokens.remaining, 50);
	e = limited_refused(&l, ERROR_TOKEN_RATE);
	assert_contains(e.message, "on tokens per min (TPM): Limit 150, Used "
				   "100, Requested 100. Please try again in ");
	assert_in_range(e.retry_after_ms, 19000, 20000);
	limited_end(&l, t, 30, 20);
	t = limited_ask(&l);
	assert_in_range(t->admission->tokens.remaining, 0, 1);
	limited_end(&l, t, 100, 200); /* more than it had reserved */
	e = limited_refused(&l, ERROR_TOKEN_RATE);
	assert_in_range(e.retry_after_ms, 39000, 40000);
}

/* However small the limit is that was set while the request ran. */
static void any_reservation_can_be_given_back(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);
	struct store_turn *t[3];

	limited_budget(&l, "total", "tokens", INT64_C(1000000000000));
	l.wants.output_tokens = INT64_C(100000000000);
	for (size_t i = 0; i < COUNT(t); i++)
		t[i] = limited_ask(&l);
	database_run(l.f.path, "UPDATE keys SET tokens_per_minute = 1");
	for (size_t i = 0; i < COUNT(t); i++)
		limited_end(&l, t[i], 1, 1);
	l.wants = (struct store_admission){ .tokens_per_minute = 1,
					    .prompt_tokens = 1 };
	limited_ask(&l);
	limited_refused(&l, ERROR_TOKEN_RATE);
}

static void what_can_never_pass_is_not_told_to_try_again(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);
	struct error e;

	l.wants.tokens_per_minute = 99;
	e = limited_refused(&l, ERROR_TOKEN_LIMIT);
	assert_contains(e.message, "Request too large for k2 on tokens per min "
				   "(TPM): Limit 99, Requested 100.");
	assert_lacks(e.message, "try again");
	assert_int_equal(e.retry_after_ms, 0);
	l.wants.tokens_per_minute = 100;
	limited_ask(&l);
}

static void a_refused_request_takes_nothing(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);

	l.wants.requests_per_minute = 2;
	l.wants.tokens_per_minute = 150;
	limited_ask(&l);
	limited_refused(&l, ERROR_TOKEN_RATE);
	limited_refused(&l, ERROR_TOKEN_RATE);
	l.wants.output_tokens = 0;
	l.wants.prompt_tokens = 10;
	limited_ask(&l); /* the second request */
	limited_refused(&l, ERROR_REQUEST_RATE);
}

static void limits_recover_when_the_clock_is_set_back(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);
	struct store_turn *t;

	l.wants.requests_per_minute = 6;
	t = limited_ask(&l);
	assert_int_equal(limited_ask_many(&l, 10), 5);
	limited_set_clock(NOON - HOUR);
	assert_int_equal(limited_ask_many(&l, 10), 1);
	limited_end(&l, t, 1, 1);
	skipped_time_pass(10000);
	assert_int_equal(limited_ask_many(&l, 10), 1);
	skipped_time_pass(60000);
	assert_int_equal(limited_ask_many(&l, 10), 6);
	assert_int_equal(database_int(l.f.path, "SELECT count(*) FROM requests "
						"WHERE duration_ms < 0"),
			 0);
}

static void a_clock_set_forward_lets_one_more_minute_through(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);

	l.wants.requests_per_minute = 6;
	assert_int_equal(limited_ask_many(&l, 10), 6);
	limited_set_clock(NOON + 24 * HOUR);
	assert_int_equal(limited_ask_many(&l, 10), 6);
	limited_set_clock(NOON);
	assert_int_equal(limited_ask_many(&l, 10), 1);
}

static void requests_at_once_are_counted_while_they_run(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);
	struct store_turn *t;
	struct error e;

	l.wants.max_concurrent = 2;
	t = limited_ask(&l);
	limited_ask(&l);
	e = limited_refused(&l, ERROR_REQUEST_RATE);
	assert_contains(e.message, "concurrent requests: Limit 2, Used 2");
	assert_int_equal(e.retry_after_ms, 1000);
	limited_end(&l, t, 1, 1);
	limited_ask(&l);
	/* Their process was killed. */
	database_run(l.f.path, "UPDATE requests SET lease_owner = 12345");
	assert_int_equal(limited_ask_many(&l, 9), 2);
}

static void strangers_have_the_limits_of_their_first_credential(void **state)
{
	struct limited l = limited_begin(*state, NULL, NOON);
	struct error e;

	l.wants.requests_per_minute = 2;
	for (int i = 0; i < 4; i++) {
		struct store_turn *t = database_turn(
			*state, arena_printf(*state, "r%d", i), NULL);

		t->owner.fingerprint = arena_printf(*state, "list %d", i);
		t->owner.stranger = i < 3 ? "one" : "other";
		t->admission = arena_alloc(*state, sizeof(*t->admission));
		*t->admission = l.wants;
		assert_int_equal(store_turn_open(l.f.store, t, *state, &e),
				 i != 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_minute_of_requests_passes_at_once_then_one_by_one),
		TEST(the_time_to_wait_is_told_exactly_and_is_enough),
		TEST(tokens_that_were_not_used_come_back_at_the_end),
		TEST(any_reservation_can_be_given_back),
		TEST(what_can_never_pass_is_not_told_to_try_again),
		TEST(a_refused_request_takes_nothing),
		TEST(limits_recover_when_the_clock_is_set_back),
		TEST(a_clock_set_forward_lets_one_more_minute_through),
		TEST(requests_at_once_are_counted_while_they_run),
		TEST(strangers_have_the_limits_of_their_first_credential),
	};

	skipped_time_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
