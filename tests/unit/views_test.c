/* SPDX-License-Identifier: MIT */
/* Views for people say names, times and amounts, not ids and nano-units. */
#include "tests/unit/support/test.h"

#include "tests/unit/support/turns.h"

#define NOON INT64_C(1793534400000) /* 2026-11-01 12:00:00 */

static struct turns begin(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "a");

	t->model = "kimi-k3";
	t->started_ms = NOON;
	o.request = turns_request(*state, t, 0, "x");
	o.service = "platform";
	o.region = "cn";
	o.usage = (struct chat_usage){ .source = CHAT_USAGE_UPSTREAM,
				       .prompt = 1000,
				       .completion = 10000 };
	turns_close(&f, t, &o);
	database_run(
		f.path,
		"UPDATE keys SET name = 'Ann', "
		"last_used_at = 1793534400000;"
		"UPDATE requests SET model = 'kimi-k3', started_at = 1793534400000;"
		"INSERT INTO listed_attempts (request_seq, number, choice, "
		"credential, service, began_ms, end_ms, error_kind) "
		"VALUES (1, 1, 0, 'main', 'platform', 2000, 3000, "
		"'rate');"
		"INSERT INTO budgets VALUES (1, 'month', 'CNY', "
		"5000000000), (1, 'total', 'tokens', 70);"
		"INSERT INTO budget_uses VALUES (1, 'month', 'CNY', "
		"1791763200000, 9, 9), "
		"(1, 'month', 'CNY', 1793491200000, 1020000000, 0);"
		"INSERT INTO credentials (fingerprint, label, name, "
		"service, cooldown_until, cooldown_kind, failed_at, "
		"failure) VALUES ('f', 'sk-…x', 'main', 'platform', "
		"9999999999999, 'quota', 1793534400000, 'Sign in.');"
		"INSERT INTO credential_quotas (credential, name, "
		"used_ppm, remaining, currency, seen_at) VALUES "
		"('f', '5 hours', 437200, NULL, NULL, 1793534400000), "
		"('f', 'balance', NULL, 2500000000, 'CNY', "
		"1793534400000)");
	return f;
}

static void assert_row(struct turns *f, const char *columns, const char *view,
		       const char *row)
{
	assert_string_equal(
		database_text(f->arena, f->path,
			      arena_printf(f->arena,
					   "SELECT json_array(%s) FROM %s",
					   columns, view)),
		row);
}

static void requests_and_attempts_have_names_and_times(void **state)
{
	struct turns f = begin(state);

	assert_row(&f, "at, request, key, model, cost, currency, session",
		   "v_requests",
		   "[\"2026-11-01 12:00:00\",\"r1\",\"Ann\",\"kimi-k3\",1.02,"
		   "\"CNY\",\"c\"]");
	assert_row(&f, "at, request, credential, kind", "v_attempts",
		   "[\"2026-11-01 12:00:02\",\"r1\",\"main\",\"rate\"]");
}

static void costs_are_in_units_of_their_currency(void **state)
{
	struct turns f = begin(state);

	assert_row(&f, "day, key, model, currency, cost, requests, unpriced",
		   "v_costs",
		   "[\"2026-11-01\",\"Ann\",\"kimi-k3\",\"CNY\",1.02,1,0]");
	assert_row(&f, "list_currency, list_cost", "v_costs", "[\"\",null]");
}

static void what_has_no_price_has_no_cost(void **state)
{
	struct turns f = begin(state);

	database_run(f.path, "UPDATE usage_quarters "
			     "SET currency = '', cost = 0, unpriced = 1");
	assert_row(&f, "currency, cost, unpriced", "v_costs", "[\"\",null,1]");
}

static void keys_say_their_state_and_what_is_left(void **state)
{
	struct turns f = begin(state);

	assert_row(&f, "key, state, last_used", "v_keys",
		   "[\"Ann\",\"active\",\"2026-11-01 12:00:00\"]");
	database_run(f.path, "UPDATE keys SET blocked_at = 1");
	assert_row(&f, "state", "v_keys", "[\"blocked\"]");
	assert_row(&f, "key, amount, used, reserved, since",
		   "v_budgets WHERE period = 'month' LIMIT 1",
		   "[\"Ann\",5.0,1.02,0.0,\"2026-11-01 00:00:00\"]");
	assert_row(&f, "since",
		   "v_budgets WHERE period = 'month' "
		   "LIMIT 1 OFFSET 1",
		   "[\"2026-10-12 00:00:00\"]");
	assert_row(&f, "amount, used", "v_budgets WHERE period = 'total'",
		   "[70,null]");
}

static void credentials_say_their_state_and_quotas(void **state)
{
	struct turns f = begin(state);

	assert_row(&f, "credential, state, until, failure",
		   "v_credentials LIMIT 1",
		   "[\"main\",\"cooling down\",\"2286-11-20 17:46:39\","
		   "\"Sign in.\"]");
	assert_row(&f, "credential, used_percent, remaining",
		   "v_credentials WHERE quota = '5 hours'",
		   "[\"main\",43.72,null]");
	assert_row(&f, "remaining, currency",
		   "v_credentials WHERE quota = 'balance'", "[2.5,\"CNY\"]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests_and_attempts_have_names_and_times),
		TEST(costs_are_in_units_of_their_currency),
		TEST(what_has_no_price_has_no_cost),
		TEST(keys_say_their_state_and_what_is_left),
		TEST(credentials_say_their_state_and_quotas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
