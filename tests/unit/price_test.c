/* SPDX-License-Identifier: MIT */
/* What a request costs, to the nano-unit. */
#include "tests/unit/support/test.h"

#include "store/price.h"

/* kimi-k3.1-pro's, in USD. */
static const struct price_rates pro = { .input = 2000000,
					.cached = 200000,
					.cache_write = 2000000,
					.cache_write_1h = 4000000,
					.output = 10000000,
					.per_search = 5000 };

static int64_t cost_of(const struct price_rates *p, const struct chat_usage *u)
{
	int64_t nano;

	assert_true(price_cost(p, u, &nano));
	return nano;
}

static void assert_unknown(const struct price_rates *p,
			   const struct chat_usage *u)
{
	int64_t nano;

	assert_false(price_cost(p, u, &nano));
}

#define USED(...)                                                              \
	&(const struct chat_usage)                                             \
	{                                                                      \
		.source = CHAT_USAGE_UPSTREAM, __VA_ARGS__                     \
	}

static void each_class_of_tokens_has_its_own_price(void **state)
{
	(void)state;
	assert_int_equal(cost_of(&pro, USED(.prompt = 1)), 2000);
	assert_int_equal(cost_of(&pro, USED(.prompt = 1, .cached = 1)), 200);
	assert_int_equal(cost_of(&pro, USED(.prompt = 1, .cache_write = 1)),
			 2000);
	assert_int_equal(cost_of(&pro, USED(.prompt = 1, .cache_write = 1,
					    .cache_write_1h = 1)),
			 4000);
	assert_int_equal(cost_of(&pro, USED(.completion = 1)), 10000);
	assert_int_equal(cost_of(&pro, USED(.searches = 1)), 5000000);
	assert_int_equal(cost_of(&pro,
				 USED(.prompt = 1000, .cached = 300,
				      .cache_write = 200, .cache_write_1h = 50,
				      .completion = 70, .reasoning = 60,
				      .searches = 2)),
			 500 * 2000 + 300 * 200 + 150 * 2000 + 50 * 4000 +
				 70 * 10000 + 2 * 5000000);
}

static void reasoning_is_part_of_the_output(void **state)
{
	(void)state;
	assert_int_equal(cost_of(&pro, USED(.completion = 10, .reasoning = 9)),
			 cost_of(&pro, USED(.completion = 10)));
}

static void the_sum_is_rounded_once_half_up(void **state)
{
	static const struct price_rates odd = { .input = 499,
						.cached = 250,
						.output = 500 };

	(void)state;
	assert_int_equal(cost_of(&odd, USED(.prompt = 1)), 0);
	assert_int_equal(cost_of(&odd, USED(.completion = 1)), 1);
	assert_int_equal(cost_of(&odd, USED(.prompt = 2)), 1);
	assert_int_equal(cost_of(&odd, USED(.prompt = 2, .cached = 1)), 1);
	/* Parts that are rounded by themselves would make 2. */
	assert_int_equal(
		cost_of(&odd, USED(.prompt = 3, .cached = 3, .completion = 1)),
		1);
	assert_int_equal(cost_of(&odd, USED(.completion = 3)), 2);
}

static void nothing_used_costs_nothing(void **state)
{
	(void)state;
	assert_int_equal(cost_of(&pro, USED(.prompt = 0)), 0);
}

static void an_unknown_price_is_only_missed_where_it_is_needed(void **state)
{
	struct price_rates p = pro;

	(void)state;
	p.cache_write = PRICE_UNKNOWN;
	assert_int_equal(cost_of(&p, USED(.prompt = 5)), 10000);
	assert_unknown(&p, USED(.prompt = 5, .cache_write = 1));
	assert_int_equal(cost_of(&p, USED(.prompt = 5, .cache_write = 1,
					  .cache_write_1h = 1)),
			 12000);
	p.input = PRICE_UNKNOWN;
	assert_unknown(&p, USED(.prompt = 5));
	assert_int_equal(cost_of(&p, USED(.completion = 1)), 10000);
}

static void what_nobody_counted_has_no_cost(void **state)
{
	const struct chat_usage none = { .prompt = 5 };

	(void)state;
	assert_unknown(&pro, &none);
}

/* A service may say that more was cached than there was. */
static void no_class_is_below_zero(void **state)
{
	(void)state;
	assert_int_equal(cost_of(&pro, USED(.prompt = 1, .cached = 3)), 600);
	assert_int_equal(cost_of(&pro, USED(.cache_write_1h = 1)), 4000);
}

static void a_sum_that_is_too_great_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(cost_of(&pro, USED(.completion = 900000000000)),
			 INT64_C(9000000000000000));
	assert_unknown(&pro, USED(.completion = INT64_MAX / 10));
	assert_unknown(&pro, USED(.prompt = INT64_C(3000000000000),
				  .completion = INT64_C(900000000000)));
	assert_unknown(&pro, USED(.searches = INT64_MAX / 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_class_of_tokens_has_its_own_price),
		TEST(reasoning_is_part_of_the_output),
		TEST(the_sum_is_rounded_once_half_up),
		TEST(nothing_used_costs_nothing),
		TEST(an_unknown_price_is_only_missed_where_it_is_needed),
		TEST(what_nobody_counted_has_no_cost),
		TEST(no_class_is_below_zero),
		TEST(a_sum_that_is_too_great_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
