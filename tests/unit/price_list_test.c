/* SPDX-License-Identifier: MIT */
/* Owners see prices, set them, and learn which ones are missing. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/price_import.h"
#include "base/clock.h"
#include "tests/unit/support/turns.h"

#define UNKNOWN_RATES                                                          \
	{                                                                      \
		PRICE_UNKNOWN, PRICE_UNKNOWN, PRICE_UNKNOWN, PRICE_UNKNOWN,    \
			PRICE_UNKNOWN, PRICE_UNKNOWN                           \
	}

static struct dated_price price(const char *model, int64_t since)
{
	return (struct dated_price){ .service = "platform",
				     .region = "global",
				     .model = model,
				     .currency = "USD",
				     .since = since,
				     .rates = UNKNOWN_RATES,
				     .source = "test" };
}

/* How many were added. */
static size_t add(struct turns *f, const struct dated_price *prices, size_t n)
{
	struct error e;
	size_t added;

	if (!store_prices_add(f->store, prices, n, &added, &e))
		fail_msg("%s", e.message);
	return added;
}

static const struct dated_price *find(struct turns *f, bool all,
				      const char *model, int64_t since)
{
	struct dated_price *list;
	struct error e;
	size_t n;

	assert_true(store_prices_list(f->store, all, &list, &n, f->arena, &e));
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].model, model) == 0 &&
		    strcmp(list[i].region, "global") == 0 &&
		    list[i].since == since)
			return &list[i];
	return NULL;
}

static void what_is_not_told_of_a_price_stays(void **state)
{
	struct turns f = turns_begin(*state);
	struct dated_price p = price("kimi-k3", clock_wall_ms());
	const struct dated_price *now;

	p.rates.input = 1;
	assert_int_equal(add(&f, &p, 1), 1);
	now = find(&f, false, "kimi-k3", p.since);
	assert_non_null(now);
	assert_int_equal(now->rates.input, 1);
	assert_int_equal(now->rates.output, 15000000);
	assert_int_equal(now->rates.cache_write, PRICE_UNKNOWN);
	assert_int_equal(now->rates.per_search, 5000);
}

static void a_price_that_changes_nothing_is_not_added(void **state)
{
	struct turns f = turns_begin(*state);
	struct dated_price p = price("kimi-k3", clock_wall_ms());

	assert_int_equal(add(&f, &p, 1), 0);
	p.rates.input = 3000000;
	assert_int_equal(add(&f, &p, 1), 0);
	assert_null(find(&f, true, "kimi-k3", p.since));
}

static void what_was_replaced_is_listed_among_all(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();
	struct dated_price p[] = { price("m", 5), price("m", now - 1000),
				   price("m", now + 100000) };

	for (int i = 0; i < 3; i++)
		p[i].rates.input = i;
	assert_int_equal(add(&f, p, 3), 3);
	assert_null(find(&f, false, "m", 5));
	assert_non_null(find(&f, false, "m", now - 1000));
	assert_non_null(find(&f, false, "m", now + 100000));
	assert_non_null(find(&f, true, "m", 5));
}

/* Costs that were charged can be computed again. */
static void no_price_is_ever_overwritten(void **state)
{
	struct turns f = turns_begin(*state);
	struct dated_price p[] = { price("m", 5), price("n", 5),
				   price("m", 5) };
	struct error e;
	size_t added;

	for (int i = 0; i < 3; i++)
		p[i].rates.input = i + 1;
	assert_false(store_prices_add(f.store, p, 3, &added, &e));
	assert_int_equal(e.kind, ERROR_VALUE);
	assert_null(find(&f, true, "n", 5));
}

static void play(struct turns *f, const char *name, const char *model,
		 int64_t at_ms)
{
	struct store_turn *t = database_turn(f->arena, name, NULL);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, "a");

	t->model = model;
	t->started_ms = at_ms;
	o.service = "platform";
	o.region = "global";
	turns_close(f, t, &o);
}

static void missing_prices_are_those_of_models_in_use(void **state)
{
	const int64_t day = INT64_C(24) * 60 * 60 * 1000;
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();
	struct dated_price p = price("kimi-new", 0);
	struct unpriced_model *list;
	struct error e;
	size_t n;

	play(&f, "r1", "kimi-k3.1-pro", now);
	play(&f, "r2", "kimi-new", now);
	play(&f, "r3", "kimi-new", now);
	play(&f, "r4", "kimi-old", now - 40 * day);
	assert_true(store_prices_missing(f.store, now - 30 * day, &list, &n,
					 *state, &e));
	assert_int_equal(n, 1);
	assert_string_equal(list[0].model, "kimi-new");
	assert_string_equal(list[0].region, "global");
	assert_int_equal(list[0].requests, 2);
	assert_string_equal(list[0].lacks, "a price");
	p.rates = (struct price_rates){ 1, 1, 1, 1, PRICE_UNKNOWN, 1 };
	add(&f, &p, 1);
	assert_true(store_prices_missing(f.store, now - 30 * day, &list, &n,
					 *state, &e));
	assert_string_equal(list[0].lacks, "a price of replies");
	p.rates.output = 1;
	p.since = 1;
	add(&f, &p, 1);
	assert_true(store_prices_missing(f.store, now - 30 * day, &list, &n,
					 *state, &e));
	assert_int_equal(n, 0);
}

static void a_price_of_searches_is_missed_by_who_searches(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();
	struct dated_price p = price("m", 0);
	struct unpriced_model *list;
	struct error e;
	size_t n;

	p.rates = (struct price_rates){ 1, 1, 1, 1, 1, PRICE_UNKNOWN };
	for (int searches = 0; searches < 2; searches++) {
		struct store_turn *t = database_turn(
			*state, searches == 0 ? "r1" : "r2", NULL);
		struct store_outcome o = turns_outcome(*state, STORE_DONE, "a");

		t->model = "m";
		t->started_ms = now;
		o.service = "platform";
		o.region = "global";
		o.usage.searches = searches;
		turns_close(&f, t, &o);
		if (searches == 0)
			add(&f, &p, 1);
		assert_true(store_prices_missing(f.store, 0, &list, &n, *state,
						 &e));
		assert_int_equal(n, searches);
	}
	assert_string_equal(list[0].lacks, "a price of searches");
}

/* --- Lists of others --- */

static struct dated_price *imported(struct arena *a, const char *json,
				    size_t *n)
{
	struct dated_price *list;
	struct error e;

	if (!price_import(json, strlen(json), &list, n, a, &e))
		fail_msg("%s", e.message);
	return list;
}

static void prices_of_litellm_are_read_exactly(void **state)
{
	size_t n;
	struct dated_price *p = imported(
		*state,
		"{\"sample_spec\": {\"input_cost_per_token\": 0},"
		"\"moonshot/kimi-k2.6\": {\"input_cost_per_token\": 9.5e-07, "
		"\"output_cost_per_token\": 4e-06, "
		"\"cache_read_input_token_cost\": 0.00000016, "
		"\"cache_creation_input_token_cost_above_1hr\": 1.1e-06},"
		"\"openrouter/moonshotai/kimi-k2\": "
		"{\"input_cost_per_token\": 1}}",
		&n);

	assert_int_equal(n, 1);
	assert_string_equal(p->model, "kimi-k2.6");
	assert_string_equal(p->currency, "USD");
	assert_int_equal(p->rates.input, 950000);
	assert_int_equal(p->rates.cached, 160000);
	assert_int_equal(p->rates.cache_write, PRICE_UNKNOWN);
	assert_int_equal(p->rates.cache_write_1h, 1100000);
	assert_int_equal(p->rates.output, 4000000);
	assert_int_equal(p->rates.per_search, PRICE_UNKNOWN);
}

static void prices_of_models_dev_are_read_exactly(void **state)
{
	size_t n;
	struct dated_price *p = imported(
		*state,
		"{\"moonshotai\": {\"models\": {\"kimi-k3\": {\"cost\": "
		"{\"input\": 3, \"output\": 15, \"cache_read\": 0.3, "
		"\"cache_write\": 1.10}}, \"free\": {\"name\": \"x\"}}},"
		"\"moonshotai-cn\": {\"models\": {\"kimi-k3\": {\"cost\": "
		"{\"input\": 3}}}}}",
		&n);

	assert_int_equal(n, 1);
	assert_string_equal(p->model, "kimi-k3");
	assert_string_equal(p->region, "global");
	assert_int_equal(p->rates.input, 3000000);
	assert_int_equal(p->rates.cached, 300000);
	assert_int_equal(p->rates.cache_write, 1100000);
	assert_int_equal(p->rates.output, 15000000);
}

static void other_lists_are_refused(void **state)
{
	static const char *const wrong[] = {
		"[]",
		"{}",
		"not JSON",
		"{\"moonshot/m\": {\"input_cost_per_token\": 1e-13}}",
		"{\"moonshot/m\": {\"input_cost_per_token\": -1}}",
		"{\"moonshot/m\": {\"input_cost_per_token\": \"1\"}}",
		"{\"moonshotai\": {\"models\": []}}",
	};
	struct dated_price *list;
	struct error e;
	size_t n;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (price_import(wrong[i], strlen(wrong[i]), &list, &n, *state,
				 &e))
			fail_msg("%s is taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_told_of_a_price_stays),
		TEST(a_price_that_changes_nothing_is_not_added),
		TEST(what_was_replaced_is_listed_among_all),
		TEST(no_price_is_ever_overwritten),
		TEST(missing_prices_are_those_of_models_in_use),
		TEST(a_price_of_searches_is_missed_by_who_searches),
		TEST(prices_of_litellm_are_read_exactly),
		TEST(prices_of_models_dev_are_read_exactly),
		TEST(other_lists_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
