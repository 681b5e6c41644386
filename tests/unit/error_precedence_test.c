/* SPDX-License-Identifier: MIT */
/* Which error a client gets when every credential failed with its own. */
#include "tests/unit/support/test.h"

#include "app/relay/error_precedence_internal.h"
#include "upstream/cooldown.h"

static void the_kind_with_precedence_stays(void **state)
{
	static const enum error_kind order[] = {
		ERROR_INTERNAL,	      ERROR_CREDENTIAL, ERROR_FORBIDDEN,
		ERROR_CLIENT_REFUSED, ERROR_MODEL,	ERROR_UPSTREAM,
		ERROR_TIMEOUT,	      ERROR_OVERLOADED, ERROR_QUOTA,
		ERROR_RATE_LIMIT,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(order); i++)
		for (size_t j = 0; j < COUNT(order); j++) {
			struct error shown, e;

			error_set(&shown, order[i], "a");
			error_set(&e, order[j], "b");
			error_precedence_apply(&shown, &e);
			assert_int_equal(shown.kind, order[i > j ? i : j]);
		}
}

static void every_kind_that_cools_down_has_its_precedence(void **state)
{
	(void)state;
	for (int kind = 0; kind < ERROR_KINDS; kind++) {
		struct error shown, e;

		error_set(&shown, ERROR_INTERNAL, "none");
		error_set(&e, (enum error_kind)kind, "x");
		error_precedence_apply(&shown, &e);
		if (cooldown_of(e.kind) != COOLDOWN_NONE)
			assert_int_equal(shown.kind, kind);
	}
}

static void of_two_waits_the_shorter_is_shown(void **state)
{
	struct error shown, e;

	(void)state;
	error_set(&shown, ERROR_RATE_LIMIT, "long");
	shown.retry_after_ms = 9000;
	error_set(&e, ERROR_RATE_LIMIT, "short");
	e.retry_after_ms = 1000;
	error_precedence_apply(&shown, &e);
	assert_int_equal(shown.retry_after_ms, 1000);
	e.retry_after_ms = 2000;
	error_precedence_apply(&shown, &e);
	assert_int_equal(shown.retry_after_ms, 1000);
}

static void a_known_wait_goes_before_none(void **state)
{
	struct error shown, e;

	(void)state;
	error_set(&shown, ERROR_OVERLOADED, "no time named");
	error_set(&e, ERROR_OVERLOADED, "short");
	e.retry_after_ms = 2000;
	error_precedence_apply(&shown, &e);
	assert_int_equal(shown.retry_after_ms, 2000);
	e.retry_after_ms = 0;
	error_precedence_apply(&shown, &e);
	assert_int_equal(shown.retry_after_ms, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_kind_with_precedence_stays),
		TEST(every_kind_that_cools_down_has_its_precedence),
		TEST(of_two_waits_the_shorter_is_shown),
		TEST(a_known_wait_goes_before_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
