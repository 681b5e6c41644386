/* SPDX-License-Identifier: MIT */
/* Budgets of API keys: by day, week, month and in all, in tokens and money. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "store/budgets.h"
#include "tests/unit/support/limited.h"
#include "tests/unit/support/skipped_time.h"

#define NOON 1796126400000 /* 2026-12-01T12:00:00Z, a Tuesday */
#define MINUTE (60 * 1000)
#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

static void as_many_requests_pass_as_the_budget_has_room_for(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);
	struct store_turn *t;

	limited_budget(&l, "day", "tokens", 1000);
	t = limited_ask(&l);
	assert_int_equal(limited_ask_many(&l, 50), 9);
	assert_string_equal(limited_uses(&l, "day", "tokens"), "0/1000");
	limited_end(&l, t, 10, 20);
	assert_string_equal(limited_uses(&l, "day", "tokens"), "30/900");
	assert_int_equal(limited_ask_many(&l, 50), 0);
	l.wants.output_tokens = 10;
	assert_int_equal(limited_ask_many(&l, 50), 1);
	assert_string_equal(limited_uses(&l, "day", "tokens"), "30/970");
	assert_int_equal(database_int(l.f.path,
				      "SELECT sum(reserved_tokens) "
				      "FROM requests WHERE status = 'running'"),
			 970);
}

static void what_is_left_of_a_budget_can_be_read(void **state)
{
	struct limited l = limited_begin(*state, "Europe/Berlin", NOON);
	struct store_turn *t;
	struct store_budget_uses uses;
	struct error e;

	limited_budget(&l, "total", "tokens", 5000);
	limited_budget(&l, "day", "tokens", 1000);
	t = limited_ask(&l);
	limited_end(&l, limited_ask(&l), 3, 4);
	assert_true(store_budgets_read(l.f.store, t->key_row, l.wants.zone,
				       &uses, *state, &e));
	assert_int_equal(uses.n, 2);
	for (size_t i = 0; i < uses.n; i++) {
		const struct store_budget_use *use = &uses.list[i];
		bool day = strcmp(use->budget.period, "day") == 0;

		assert_int_equal(use->budget.amount, day ? 1000 : 5000);
		assert_int_equal(use->used, 7);
		assert_int_equal(use->reserved, 100);
		assert_int_equal(use->span.end, day ? NOON + 11 * HOUR : 0);
	}
	limited_set_clock(NOON + DAY);
	assert_true(store_budgets_read(l.f.store, t->key_row, l.wants.zone,
				       &uses, *state, &e));
	for (size_t i = 0; i < uses.n; i++) {
		const struct store_budget_use *use = &uses.list[i];
		bool day = strcmp(use->budget.period, "day") == 0;

		assert_int_equal(use->used, day ? 0 : 7);
	}
}

static void budgets_of_all_keys_can_be_read(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);
	struct store_budget_uses uses;
	struct error e;

	limited_budget(&l, "day", "tokens", 1000);
	limited_end(&l, limited_ask(&l), 3, 4);
	database_run(l.f.path,
		     "INSERT INTO keys (fingerprint, label, created_at, "
		     "public_id, name) VALUES ('x', 'x', 0, 'key_x', NULL);"
		     "INSERT INTO budgets SELECT id, 'month', 'USD', 5 "
		     "FROM keys WHERE fingerprint = 'x';"
		     "UPDATE keys SET name = 'alice' WHERE fingerprint = 'k'");
	assert_true(store_budgets_read_all(l.f.store, l.wants.zone, &uses,
					   *state, &e));
	assert_int_equal(uses.n, 2);
	assert_string_equal(uses.list[0].key, "alice");
	assert_int_equal(uses.list[0].used, 7);
	assert_string_equal(uses.list[1].key, "key_x");
	assert_string_equal(uses.list[1].budget.unit, "USD");
	assert_int_equal(uses.list[1].used, 0);
	assert_true(store_budgets_read(l.f.store, 0, l.wants.zone, &uses,
				       *state, &e));
	assert_int_equal(uses.n, 0);
}

static void a_refusal_names_limit_period_and_end(void **state)
{
	static const struct {
		const char *period, *text;
		int64_t wait_ms;
	} rows[] = {
		{ "day",
		  "may use 150 tokens a day. 0 tokens are used and 100 tokens "
		  "reserved for running requests; this one needs up to 100 "
		  "tokens. The day ends at 2026-12-02 00:00:00 +01:00.",
		  11 * HOUR },
		{ "week", "The week ends at 2026-12-07 00:00:00 +01:00.",
		  5 * DAY + 11 * HOUR },
		{ "month", "The month ends at 2027-01-01 00:00:00 +01:00.",
		  30 * DAY + 11 * HOUR },
		{ "total",
		  "150 tokens in all. 0 tokens are used and 100 tokens "
		  "reserved for running requests; this one needs up to 100 "
		  "tokens. Ask the owner of this server for more.",
		  0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct limited l = limited_begin(*state, "Europe/Berlin", NOON);
		struct error e;

		limited_budget(&l, rows[i].period, "tokens", 150);
		limited_ask(&l);
		e = limited_refused(&l, ERROR_QUOTA);
		assert_contains(e.message, "You exceeded your current quota");
		assert_contains(e.message, rows[i].text);
		assert_true(e.retry_after_ms <= rows[i].wait_ms);
		assert_true(e.retry_after_ms >= rows[i].wait_ms - MINUTE);
	}
}

static void a_request_larger_than_the_budget_is_not_told_to_wait(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);
	struct error e;

	limited_budget(&l, "day", "tokens", 99);
	e = limited_refused(&l, ERROR_QUOTA);
	assert_contains(e.message, "Send less, or a lower max_tokens.");
	assert_int_equal(e.retry_after_ms, 0);
}

static void what_one_budget_refuses_is_not_reserved_in_another(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);

	limited_budget(&l, "day", "tokens", 1000);
	limited_budget(&l, "month", "tokens", 250);
	limited_budget(&l, "total", "tokens", 10000);
	assert_int_equal(limited_ask_many(&l, 10), 2);
	assert_string_equal(limited_uses(&l, "day", "tokens"), "0/200");
	assert_string_equal(limited_uses(&l, "month", "tokens"), "0/200");
	assert_string_equal(limited_uses(&l, "total", "tokens"), "0/200");
}

static void an_overrun_is_booked(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);

	limited_budget(&l, "day", "tokens", 1000);
	limited_end(&l, limited_ask(&l), 60, 5000);
	assert_string_equal(limited_uses(&l, "day", "tokens"), "5060/0");
	limited_refused(&l, ERROR_QUOTA);
}

static void a_request_that_failed_without_tokens_uses_nothing(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);
	struct store_turn *t;
	struct store_outcome o;
	struct error why;

	limited_budget(&l, "day", "tokens", 1000);
	t = limited_ask(&l);
	o = turns_outcome(*state, STORE_FAILED, "");
	error_set(&why, ERROR_UPSTREAM, "broken");
	o.error = &why;
	o.usage = (struct chat_usage){ 0 };
	turns_close(&l.f, t, &o);
	assert_string_equal(limited_uses(&l, "day", "tokens"), "0/0");
}

static void what_a_killed_request_had_reserved_comes_back(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);

	limited_budget(&l, "day", "tokens", 100);
	limited_ask(&l);
	database_run(l.f.path, "UPDATE requests SET lease_owner = 12345 "
			       "WHERE status = 'running'");
	skipped_time_pass(2000);
	limited_ask(&l);
	assert_string_equal(limited_uses(&l, "day", "tokens"), "0/100");
	assert_string_equal(
		database_text(*state, l.f.path,
			      "SELECT group_concat(status) FROM requests"),
		"done,interrupted,running");
}

/* Before and after the change of clocks, the ends of months, 29 February. */
static void a_request_belongs_to_the_period_in_which_it_began(void **state)
{
	static const struct {
		const char *zone, *period;
		int64_t end; /* of the period */
	} rows[] = {
		{ "Europe/Berlin", "day", 1774821600000 },
		{ "Europe/Berlin", "day", 1792969200000 },
		{ "Asia/Shanghai", "month", 1796054400000 },
		{ "Asia/Kathmandu", "month", 1785521700000 },
		{ "America/St_Johns", "day", 1773023400000 },
		{ "America/St_Johns", "week", 1793590200000 },
		{ "Asia/Shanghai", "month", 1835452800000 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct limited l =
			limited_begin(*state, rows[i].zone, rows[i].end - 1000);
		struct store_turn *t;

		limited_budget(&l, rows[i].period, "tokens", 100);
		t = limited_ask(&l);
		limited_refused(&l, ERROR_QUOTA);
		limited_set_clock(rows[i].end + 500);
		limited_end(&l, t, 7, 3);
		assert_string_equal(limited_uses(&l, rows[i].period, "tokens"),
				    "10/0");
		limited_ask(&l);
		assert_string_equal(limited_uses(&l, rows[i].period, "tokens"),
				    "10/0 0/100");
	}
}

static void
periods_that_have_passed_are_left_alone_when_clocks_jump(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);

	limited_budget(&l, "day", "tokens", 1000);
	limited_end(&l, limited_ask(&l), 10, 10);
	limited_set_clock(NOON + DAY);
	limited_end(&l, limited_ask(&l), 20, 20);
	limited_set_clock(NOON - HOUR);
	limited_end(&l, limited_ask(&l), 30, 30);
	assert_string_equal(limited_uses(&l, "day", "tokens"), "80/0 40/0");
}

/* What a thousandth of a US dollar and the like is in nano-units. */
#define MILLI INT64_C(1000000)

/* Micro-units of the currency per million tokens. */
struct test_price {
	const char *service, *model, *currency;
	int64_t since, input, output;
};

static void set_price(struct limited *l, struct test_price p)
{
	database_run(l->f.path,
		     arena_printf(l->f.arena,
				  "INSERT INTO prices (service, region, model, "
				  "currency, since, input, cached, output, "
				  "source) VALUES ('%s', '', '%s', '%s', %lld, "
				  "%lld, %lld, %lld, 'test')",
				  p.service, p.model, p.currency,
				  (long long)p.since, (long long)p.input,
				  (long long)p.input / 10,
				  (long long)p.output));
}

static void money_is_counted_by_the_prices_of_the_time(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);
	struct store_turn *before, *after;

	database_run(l.f.path, "DELETE FROM prices");
	set_price(&l, (struct test_price){ "platform", "k*", "USD", 0, 1, 1 });
	set_price(&l, (struct test_price){ "platform", "k2", "USD", 0, 1000000,
					   3000000 });
	set_price(&l, (struct test_price){ "platform", "k2", "CNY", 0, 7000000,
					   21000000 });
	set_price(&l, (struct test_price){ "platform", "k2", "USD",
					   NOON + MINUTE, 2000000, 0 });
	limited_budget(&l, "month", "USD", MILLI);
	before = limited_ask(&l); /* 60 + 40 · 3 µUSD */
	assert_string_equal(limited_uses(&l, "month", "USD"), "0/180000");
	limited_set_clock(NOON + MINUTE);
	after = limited_ask(&l); /* 60 · 2 */
	assert_string_equal(limited_uses(&l, "month", "USD"), "0/300000");
	limited_end(&l, before, 60, 10);
	limited_end(&l, after, 60, 10);
	assert_string_equal(limited_uses(&l, "month", "USD"), "210000/0");
	assert_int_equal(limited_ask_many(&l, 10), 6);
}

static void a_plan_counts_as_the_open_platform_would(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);

	database_run(l.f.path, "DELETE FROM prices");
	set_price(&l, (struct test_price){ "platform", "kimi-k2", "USD", 0,
					   1000000, 1000000 });
	limited_budget(&l, "day", "USD", MILLI);
	l.wants.service = "code";
	limited_end(&l, limited_ask(&l), 50, 50);
	assert_string_equal(limited_uses(&l, "day", "USD"), "100000/0");
	set_price(&l, (struct test_price){ "code", "k2", "USD", 0, 500000,
					   500000 });
	limited_ask(&l);
	assert_string_equal(limited_uses(&l, "day", "USD"), "100000/50000");
}

static void what_a_plan_includes_counts_as_the_open_platform_would(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);
	struct error e;

	limited_budget(&l, "day", "USD", MILLI);
	l.wants.service = "web";
	e = limited_refused(&l, ERROR_FORBIDDEN);
	assert_contains(e.message, "'kimi-proxy price set k2 --service web'");
	set_price(&l, (struct test_price){ "platform", "kimi-k2", "USD", 0,
					   1000000, 1000000 });
	limited_end(&l, limited_ask(&l), 50, 50);
	assert_string_equal(limited_uses(&l, "day", "USD"), "100000/0");
}

static void a_model_without_a_price_in_the_currency_is_refused(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);
	struct error e;

	database_run(l.f.path, "DELETE FROM prices");
	set_price(&l, (struct test_price){ "platform", "k2", "CNY", 0, 1, 1 });
	limited_budget(&l, "day", "USD", MILLI);
	e = limited_refused(&l, ERROR_FORBIDDEN);
	assert_contains(e.message,
			"has a budget in USD, and 'k2' has no price");
	limited_budget(&l, "day", "CNY", MILLI);
	set_price(&l, (struct test_price){ "platform", "k2", "USD", 0, 1, 1 });
	e = limited_refused(&l, ERROR_FORBIDDEN);
	assert_contains(e.message, "can have one currency only");
}

static void strangers_share_a_day_of_tokens(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);
	struct error e;

	l.wants.stranger_tokens = 250;
	for (int i = 0; i < 3; i++) {
		struct store_turn *t = database_turn(
			*state, arena_printf(*state, "r%d", i), NULL);

		t->owner.fingerprint = arena_printf(*state, "list %d", i);
		t->owner.stranger = "one";
		t->admission = arena_alloc(*state, sizeof(*t->admission));
		*t->admission = l.wants;
		assert_int_equal(store_turn_open(l.f.store, t, *state, &e),
				 i < 2);
		if (i == 0)
			limited_end(&l, t, 100, 0);
	}
	assert_string_equal(limited_uses(&l, "day", "tokens"), "100/100");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_many_requests_pass_as_the_budget_has_room_for),
		TEST(what_is_left_of_a_budget_can_be_read),
		TEST(budgets_of_all_keys_can_be_read),
		TEST(a_refusal_names_limit_period_and_end),
		TEST(a_request_larger_than_the_budget_is_not_told_to_wait),
		TEST(what_one_budget_refuses_is_not_reserved_in_another),
		TEST(an_overrun_is_booked),
		TEST(a_request_that_failed_without_tokens_uses_nothing),
		TEST(what_a_killed_request_had_reserved_comes_back),
		TEST(a_request_belongs_to_the_period_in_which_it_began),
		TEST(periods_that_have_passed_are_left_alone_when_clocks_jump),
		TEST(money_is_counted_by_the_prices_of_the_time),
		TEST(a_plan_counts_as_the_open_platform_would),
		TEST(what_a_plan_includes_counts_as_the_open_platform_would),
		TEST(a_model_without_a_price_in_the_currency_is_refused),
		TEST(strangers_share_a_day_of_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
