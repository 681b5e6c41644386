/* SPDX-License-Identifier: MIT */
/* Which price a request has, in its row and in the sums. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "store/migrations_internal.h"
#include "store/prices_internal.h"
#include "tests/unit/support/turns.h"

#define NOON INT64_C(1793534400000) /* 2026-11-01 */

struct used {
	const char *service, *region, *model;
	int64_t at_ms;
	struct chat_usage usage;
};

static struct turns begin(void **state, const char *prices)
{
	struct turns f = turns_begin(*state);

	if (prices != NULL) {
		database_run(f.path, "DELETE FROM prices");
		database_run(
			f.path,
			arena_printf(*state,
				     "INSERT INTO prices (service, region, "
				     "model, currency, since, output, "
				     "source) VALUES %s",
				     prices));
	}
	return f;
}

/* What the row says: cost, currency, list cost, its currency. */
static const char *cost_of(struct turns *f, const struct used *u)
{
	static int serial;
	const char *name = arena_printf(f->arena, "r%d", serial++);
	struct store_turn *t = database_turn(f->arena, name, NULL);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, "a");

	t->model = u->model;
	t->started_ms = u->at_ms == 0 ? NOON : u->at_ms;
	o.service = u->service;
	o.region = u->region;
	o.usage = u->usage;
	turns_close(f, t, &o);
	return database_text(f->arena, f->path,
			     arena_printf(f->arena,
					  "SELECT json_array(cost, currency, "
					  "list_cost, list_currency) "
					  "FROM requests WHERE id = '%s'",
					  name));
}

#define OUTPUT(n)                                                              \
	{                                                                      \
		.source = CHAT_USAGE_UPSTREAM, .completion = (n)               \
	}

static const char *cost_at(struct turns *f, const char *service,
			   const char *region, const char *model, int64_t at_ms)
{
	return cost_of(f, &(struct used){ service, region, model, at_ms,
					  OUTPUT(1) });
}

static void shipped_prices_are_those_of_both_platforms(void **state)
{
	struct turns f = begin(state, NULL);
	const struct chat_usage u = { .source = CHAT_USAGE_UPSTREAM,
				      .prompt = 1000000,
				      .cached = 500000,
				      .completion = 1000000 };

	assert_string_equal(cost_of(&f, &(struct used){ "platform", "global",
							"kimi-k3", 0, u }),
			    "[16650000000,\"USD\",null,null]");
	assert_string_equal(cost_of(&f, &(struct used){ "platform", "cn",
							"kimi-k3", 0, u }),
			    "[111000000000,\"CNY\",null,null]");
	assert_string_equal(
		cost_of(&f, &(struct used){ "platform", "global",
					    "kimi-k3.1-pro-highspeed", 0, u }),
		"[22100000000,\"USD\",null,null]");
}

static void
a_plan_costs_nothing_and_would_have_cost_the_list_price(void **state)
{
	struct turns f = begin(state, NULL);

	assert_string_equal(cost_at(&f, "code", "global", "k3", 0),
			    "[0,\"USD\",15000,\"USD\"]");
	assert_string_equal(cost_at(&f, "web", "cn", "kimi-k2.6", 0),
			    "[0,\"CNY\",27000,\"CNY\"]");
	assert_string_equal(cost_at(&f, "code", "cn", "kimi-for-coding", 0),
			    "[0,\"CNY\",null,null]");
	assert_string_equal(cost_at(&f, "code", NULL, "k3", 0),
			    "[0,\"USD\",null,null]");
}

static void what_has_no_price_has_no_cost(void **state)
{
	struct turns f = begin(state, NULL);

	assert_string_equal(cost_at(&f, "platform", "global", "kimi-k9", 0),
			    "[null,null,null,null]");
	assert_string_equal(cost_at(&f, "platform", NULL, "kimi-k3", 0),
			    "[null,null,null,null]");
	assert_string_equal(cost_at(&f, "platform", "global", "kimi-k3", 1),
			    "[null,null,null,null]");
	assert_string_equal(
		cost_of(&f,
			&(struct used){
				.service = "platform",
				.region = "global",
				.model = "kimi-k3",
				.usage = { .source = CHAT_USAGE_NONE } }),
		"[null,null,null,null]");
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT json_array(sum(requests), sum(unpriced), "
			      "sum(cost), max(currency)) FROM usage_by_day"),
		"[4,3,0,\"\"]");
}

static void a_price_changes_at_its_moment(void **state)
{
	struct turns f = begin(
		state, "('platform', '', 'm', 'USD', 0, 1000, ''),"
		       "('platform', '', 'm', 'USD', 1793534400000, 2000, '')");

	for (int i = 0; i < 2; i++) {
		assert_string_equal(cost_at(&f, "platform", NULL, "m",
					    NOON - 1),
				    "[1,\"USD\",null,null]");
		assert_string_equal(cost_at(&f, "platform", NULL, "m", NOON),
				    "[2,\"USD\",null,null]");
	}
	assert_int_equal(database_int(f.path,
				      "SELECT count(*) FROM requests r "
				      "JOIN prices p ON p.id = price_id "
				      "WHERE cost = output / 1000 "
				      "AND since <= started_at"),
			 4);
}

static void a_new_price_counts_at_once(void **state)
{
	struct turns f =
		begin(state, "('platform', '', 'm', 'USD', 0, 1000, '')");

	cost_at(&f, "platform", NULL, "m", 0);
	database_run(f.path, "UPDATE prices SET output = 7000");
	assert_string_equal(cost_at(&f, "platform", NULL, "m", 0),
			    "[7,\"USD\",null,null]");
	assert_int_equal(database_int(f.path, "SELECT min(cost) FROM requests"),
			 1);
}

static void the_most_specific_price_counts(void **state)
{
	struct turns f = begin(
		state, "('platform', 'cn', 'kimi-k3-fast', 'CNY', 0, 9000, ''),"
		       "('platform', '', 'kimi-k3', 'USD', 0, 2000, ''),"
		       "('platform', '', 'kimi-k3*', 'USD', 5, 3000, ''),"
		       "('platform', 'cn', 'kimi-k3', 'CNY', 0, 4000, ''),"
		       "('platform', '', 'kimi-*', 'USD', 9, 5000, ''),"
		       "('code', '', 'kimi-k3', 'USD', 9, 6000, '')");

	assert_string_equal(cost_at(&f, "platform", "global", "kimi-k3", 0),
			    "[2,\"USD\",null,null]");
	assert_string_equal(cost_at(&f, "platform", "cn", "kimi-k3", 0),
			    "[4,\"CNY\",null,null]");
	assert_string_equal(cost_at(&f, "platform", NULL, "kimi-k3-fast", 0),
			    "[3,\"USD\",null,null]");
	assert_string_equal(cost_at(&f, "platform", NULL, "kimi-k2", 0),
			    "[5,\"USD\",null,null]");
	assert_string_equal(cost_at(&f, "platform", NULL, "kimi-", 0),
			    "[5,\"USD\",null,null]");
	assert_string_equal(cost_at(&f, "platform", NULL, "kimi", 0),
			    "[null,null,null,null]");
}

static void currencies_are_summed_up_apart(void **state)
{
	struct turns f = begin(state, NULL);

	for (int i = 0; i < 3; i++) {
		cost_at(&f, "platform", "global", "kimi-k3", 0);
		cost_at(&f, "platform", "cn", "kimi-k3", 0);
		cost_at(&f, "web", "cn", "kimi-k3", 0);
	}
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT json_group_array(json_array(currency, "
			      "list_currency, requests, cost, list_cost)) "
			      "FROM (SELECT * FROM usage_quarters "
			      "ORDER BY currency, list_currency)"),
		"[[\"CNY\",\"\",3,300000,0],[\"CNY\",\"CNY\",3,0,300000],"
		"[\"USD\",\"\",3,45000,0]]");
}

#define ALL_PRICES                                                             \
	"SELECT group_concat(row, ';') FROM (SELECT json_array(service, "      \
	"region, model, currency, since, input, cached, cache_write, "         \
	"cache_write_1h, output, per_search, source) AS row FROM prices "      \
	"ORDER BY row)"

/* Whose arena is used again by then. */
static void
a_price_that_is_known_outlives_the_request_that_read_it(void **state)
{
	struct turns f = begin(state, "('code', '', 'k2', 'USD', 0, 1, 'a')");
	const struct price_name name = { .service = "code",
					 .model = "k2",
					 .at_ms = NOON };

	for (int i = 0; i < 2; i++) {
		struct arena request;
		struct price p;
		struct error e;
		struct db *db;

		arena_init(&request);
		db = db_begin(f.store, DB_READ, &e);
		assert_non_null(db);
		assert_true(prices_find(db, &name, &p, &request, &e));
		assert_string_equal(p.currency, "USD");
		memset((char *)(uintptr_t)p.currency, 'x', 3);
		db_end(f.store, db, true, &e);
		arena_fini(&request);
	}
}

static void an_older_file_gets_the_prices_of_a_new_one(void **state)
{
	const char *old = database_of_version(*state, migrations_newest());
	struct turns f = begin(state, NULL);

	assert_string_equal(database_text(*state, old, ALL_PRICES),
			    database_text(*state, f.path, ALL_PRICES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(shipped_prices_are_those_of_both_platforms),
		TEST(a_plan_costs_nothing_and_would_have_cost_the_list_price),
		TEST(what_has_no_price_has_no_cost),
		TEST(a_price_changes_at_its_moment),
		TEST(a_new_price_counts_at_once),
		TEST(the_most_specific_price_counts),
		TEST(currencies_are_summed_up_apart),
		TEST(a_price_that_is_known_outlives_the_request_that_read_it),
		TEST(an_older_file_gets_the_prices_of_a_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
