/* SPDX-License-Identifier: MIT */
/* How long a credential is left alone after a failure. */
#include "tests/unit/support/test.h"

#include "upstream/cooldown.h"

static struct error failure(enum error_kind kind, int64_t named, int64_t own)
{
	struct error e;

	error_set(&e, kind, "x");
	e.retry_after_ms = named;
	e.cooldown_ms = own;
	return e;
}

static void only_what_cools_down_has_a_time(void **state)
{
	(void)state;
	for (int i = 0; i < ERROR_KINDS; i++) {
		struct error e = failure((enum error_kind)i, 0, 0);

		assert_int_equal(cooldown_ms(&e) > 0,
				 cooldown_of(e.kind) != COOLDOWN_NONE);
	}
}

static void each_kind_has_its_time(void **state)
{
	static const struct {
		enum error_kind kind;
		enum cooldown cooldown;
		int64_t ms;
	} rows[] = {
		{ ERROR_CREDENTIAL, COOLDOWN_HARD, 300000 },
		{ ERROR_FORBIDDEN, COOLDOWN_HARD, 300000 },
		{ ERROR_CLIENT_REFUSED, COOLDOWN_HARD, 3600000 },
		{ ERROR_MODEL, COOLDOWN_SOFT, 1 },
		{ ERROR_RATE_LIMIT, COOLDOWN_HARD, 10000 },
		{ ERROR_QUOTA, COOLDOWN_HARD, 900000 },
		{ ERROR_UPSTREAM, COOLDOWN_SOFT, 10000 },
		{ ERROR_OVERLOADED, COOLDOWN_SOFT, 10000 },
		{ ERROR_TIMEOUT, COOLDOWN_SOFT, 10000 },
		{ ERROR_VALUE, COOLDOWN_NONE, 0 },
		{ ERROR_CHAT_GONE, COOLDOWN_NONE, 0 },
		{ ERROR_CLIENT_GONE, COOLDOWN_NONE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e = failure(rows[i].kind, 0, 0);

		assert_int_equal(cooldown_of(e.kind), rows[i].cooldown);
		assert_int_equal(cooldown_ms(&e), rows[i].ms);
	}
}

static void kimis_own_time_comes_first_then_the_failures(void **state)
{
	static const struct {
		int64_t named, own, ms;
	} rows[] = {
		{ 0, 0, 10000 },	 { 3000, 0, 3000 },
		{ 3000, 5000, 3000 },	 { 0, 5000, 5000 },
		{ 0, COOLDOWN_OVER, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e =
			failure(ERROR_RATE_LIMIT, rows[i].named, rows[i].own);

		assert_int_equal(cooldown_ms(&e), rows[i].ms);
	}
}

static void a_closed_account_is_left_alone_whatever_kimi_named(void **state)
{
	struct error e = failure(ERROR_FORBIDDEN, 1000, COOLDOWN_FOREVER);

	(void)state;
	assert_true(cooldown_ms(&e) == COOLDOWN_FOREVER);
}

static void only_what_kimi_said_is_no_guess(void **state)
{
	struct error why;

	(void)state;
	error_set(&why, ERROR_QUOTA, "x");
	assert_false(cooldown_is_named(&why));
	why.cooldown_ms = COOLDOWN_USED_UP;
	assert_false(cooldown_is_named(&why));
	why.retry_after_ms = 1000;
	assert_true(cooldown_is_named(&why));
	error_set(&why, ERROR_FORBIDDEN, "x");
	why.cooldown_ms = COOLDOWN_FOREVER;
	assert_true(cooldown_is_named(&why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_kimi_said_is_no_guess),
		TEST(only_what_cools_down_has_a_time),
		TEST(each_kind_has_its_time),
		TEST(kimis_own_time_comes_first_then_the_failures),
		TEST(a_closed_account_is_left_alone_whatever_kimi_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
