/* SPDX-License-Identifier: MIT */
/* Which credentials are tried, in which order, and what is told if none. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/relay/candidates.h"
#include "base/clock.h"
#include "store/credentials.h"
#include "tests/unit/support/database.h"
#include "upstream/upstream.h"

struct fixture {
	struct arena *arena;
	const char *path;
	struct store *store;
	struct credential list[5]; /* a b c of the web, d e of the platform */
};

static struct fixture begin(struct arena *a)
{
	struct fixture f = { .arena = a, .path = database_path(a) };
	static const char *const entries[] = {
		"web:aaaaaaaaaaaaaaaa",	       "sk-dddddddddddddddddddddddd",
		"web:bbbbbbbbbbbbbbbb",	       "web:cccccccccccccccc",
		"sk-eeeeeeeeeeeeeeeeeeeeeeee",
	};
	struct error e;

	f.store = database_open(a, f.path);
	for (size_t i = 0; i < COUNT(entries); i++)
		assert_true(credential_parse(&f.list[i], a, entries[i], &e));
	return f;
}

static struct candidates find(struct fixture *f, int rotation,
			      const char *pinned)
{
	struct caller caller = { .credentials = f->list,
				 .n_credentials = COUNT(f->list) };
	struct candidates c;
	struct error e;

	database_run(f->path,
		     arena_printf(f->arena,
				  "REPLACE INTO rotation VALUES ('web', %d)",
				  rotation));
	assert_true(candidates_find(&c, &caller, &upstream_web, pinned,
				    f->store, f->arena, &e));
	return c;
}

/* The order as the credentials' letters. */
static void order_is(const struct candidates *c, const char *letters)
{
	char found[8] = { 0 };

	for (size_t i = 0; i < c->n; i++)
		found[i] = c->list[i]->secret[0];
	assert_string_equal(found, letters);
}

static void rest(struct fixture *f, size_t i, enum error_kind kind, int64_t ms)
{
	struct error why, e;

	error_set(&why, kind, "x");
	assert_true(store_credential_cool_down(f->store, &f->list[i], &why,
					       clock_wall_ms() + ms, &e));
}

static void only_those_of_the_service_are_counted(void **state)
{
	struct fixture f = begin(*state);
	struct caller caller = { .credentials = f.list,
				 .n_credentials = COUNT(f.list) };

	assert_int_equal(candidates_count(&caller, &upstream_web), 3);
	assert_int_equal(candidates_count(&caller, &upstream_platform), 2);
}

static void they_take_turns(void **state)
{
	static const char *const orders[] = { "abc", "bca", "cab", "abc" };
	struct fixture f = begin(*state);

	for (int i = 0; i < 4; i++) {
		struct candidates c = find(&f, i, NULL);

		order_is(&c, orders[i]);
	}
}

static void the_pinned_one_comes_first(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c = find(&f, 0, f.list[3].fingerprint);

	order_is(&c, "cab");
}

static void a_pin_on_no_credential_changes_nothing(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c = find(&f, 1, f.list[1].fingerprint);

	order_is(&c, "bca");
}

static void after_a_passing_fault_they_come_last(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c;

	rest(&f, 0, ERROR_UPSTREAM, 10000);
	c = find(&f, 0, f.list[0].fingerprint);
	order_is(&c, "bca");
}

static void refused_ones_are_left_out_until_they_rested(void **state)
{
	static const enum error_kind kinds[] = {
		ERROR_CREDENTIAL, ERROR_FORBIDDEN, ERROR_RATE_LIMIT, ERROR_QUOTA
	};
	struct fixture f = begin(*state);
	struct candidates c;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		rest(&f, 2, kinds[i], 10000);
		c = find(&f, 0, f.list[2].fingerprint);
		order_is(&c, "ac");
	}
	rest(&f, 2, ERROR_QUOTA, -1);
	c = find(&f, 0, NULL);
	order_is(&c, "abc");
}

static void if_all_rest_the_truest_reason_is_told(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c;

	rest(&f, 0, ERROR_CREDENTIAL, 300000);
	rest(&f, 2, ERROR_RATE_LIMIT, 20000);
	rest(&f, 3, ERROR_RATE_LIMIT, 5000);
	c = find(&f, 0, NULL);
	assert_int_equal(c.n, 0);
	assert_error(&c.none, ERROR_RATE_LIMIT, "");
	assert_in_range(c.none.retry_after_ms, 3000, 5000);
}

static void the_truer_error_stays(void **state)
{
	static const enum error_kind order[] = {
		ERROR_INTERNAL,	      ERROR_CREDENTIAL, ERROR_FORBIDDEN,
		ERROR_CLIENT_REFUSED, ERROR_UPSTREAM,	ERROR_TIMEOUT,
		ERROR_OVERLOADED,     ERROR_QUOTA,	ERROR_RATE_LIMIT,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(order); i++)
		for (size_t j = 0; j < COUNT(order); j++) {
			struct error worst, e;

			error_set(&worst, order[i], "a");
			error_set(&e, order[j], "b");
			candidates_prefer(&worst, &e);
			assert_int_equal(worst.kind, order[i > j ? i : j]);
		}
}

static void what_lets_a_credential_rest_can_be_told(void **state)
{
	(void)state;
	for (int kind = 0; kind < ERROR_KINDS; kind++) {
		struct error worst, e;

		error_set(&worst, ERROR_INTERNAL, "none");
		error_set(&e, (enum error_kind)kind, "x");
		candidates_prefer(&worst, &e);
		if (error_cooldown(e.kind) != ERROR_COOLDOWN_NONE)
			assert_int_equal(worst.kind, kind);
	}
}

static void of_two_waits_the_shorter_is_told(void **state)
{
	struct error worst, e;

	(void)state;
	error_set(&worst, ERROR_RATE_LIMIT, "long");
	worst.retry_after_ms = 9000;
	error_set(&e, ERROR_RATE_LIMIT, "short");
	e.retry_after_ms = 1000;
	candidates_prefer(&worst, &e);
	assert_int_equal(worst.retry_after_ms, 1000);
	e.retry_after_ms = 2000;
	candidates_prefer(&worst, &e);
	assert_int_equal(worst.retry_after_ms, 1000);
}

static void each_search_takes_its_turn(void **state)
{
	struct fixture f = begin(*state);
	struct caller caller = { .credentials = f.list,
				 .n_credentials = COUNT(f.list) };
	struct candidates c = find(&f, 0, NULL);
	struct error e;

	order_is(&c, "abc");
	assert_true(candidates_find(&c, &caller, &upstream_web, NULL, f.store,
				    *state, &e));
	order_is(&c, "bca");
}

/* Kimi's own time, else the failure's, else the reason's; a throttled client
 * hears of it. */
static void a_rest_fits_its_reason(void **state)
{
	static const struct {
		enum error_kind kind;
		int64_t named, table, told, rests;
	} rows[] = {
		{ ERROR_RATE_LIMIT, 0, 0, 10000, 10000 },
		{ ERROR_RATE_LIMIT, 3000, 0, 3000, 3000 },
		{ ERROR_RATE_LIMIT, 3000, 5000, 3000, 3000 },
		{ ERROR_RATE_LIMIT, 0, 5000, 5000, 5000 },
		{ ERROR_QUOTA, 0, 0, 900000, 900000 },
		{ ERROR_QUOTA, 0, 3600000, 3600000, 3600000 },
		{ ERROR_UPSTREAM, 0, 0, 0, 10000 },
		{ ERROR_CREDENTIAL, 0, 0, 0, 300000 },
	};
	struct fixture f = begin(*state);

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t now = clock_wall_ms(), until;
		struct error why;

		error_set(&why, rows[i].kind, "x");
		why.retry_after_ms = rows[i].named;
		why.cooldown_ms = rows[i].table;
		candidates_cool_down(f.store, &f.list[0], &why);
		assert_int_equal(why.retry_after_ms, rows[i].told);
		until = database_int(f.path, "SELECT resting_until FROM "
					     "credentials");
		assert_in_range(until, now + rows[i].rests - 5,
				now + rows[i].rests + 3000);
	}
}

static void a_rest_for_good_has_no_end(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c;
	struct error why;

	error_set(&why, ERROR_FORBIDDEN, "x");
	why.cooldown_ms = ERROR_COOLDOWN_FOR_GOOD;
	why.retry_after_ms = 1000;
	for (size_t i = 0; i < 4; i++)
		if (f.list[i].upstream == &upstream_web)
			candidates_cool_down(f.store, &f.list[i], &why);
	c = find(&f, 0, NULL);
	assert_int_equal(c.n, 0);
	assert_error(&c.none, ERROR_FORBIDDEN, "");
	assert_int_equal(c.none.retry_after_ms, 0);
}

/* For requests that waited for it. */
static void a_credential_is_awake_unless_it_was_refused(void **state)
{
	struct fixture f = begin(*state);
	struct error why;

	assert_true(candidates_available(f.store, &f.list[0], *state, &why));
	rest(&f, 0, ERROR_UPSTREAM, 10000);
	assert_true(candidates_available(f.store, &f.list[0], *state, &why));
	rest(&f, 0, ERROR_CREDENTIAL, -1);
	assert_true(candidates_available(f.store, &f.list[0], *state, &why));
	rest(&f, 0, ERROR_RATE_LIMIT, 9000);
	assert_false(candidates_available(f.store, &f.list[0], *state, &why));
	assert_error(&why, ERROR_RATE_LIMIT, "");
	assert_in_range(why.retry_after_ms, 5000, 9000);
}

static void a_known_wait_is_truer_than_none(void **state)
{
	struct error worst, e;

	(void)state;
	error_set(&worst, ERROR_OVERLOADED, "no time named");
	error_set(&e, ERROR_OVERLOADED, "short");
	e.retry_after_ms = 2000;
	candidates_prefer(&worst, &e);
	assert_int_equal(worst.retry_after_ms, 2000);
	e.retry_after_ms = 0;
	candidates_prefer(&worst, &e);
	assert_int_equal(worst.retry_after_ms, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_those_of_the_service_are_counted),
		TEST(they_take_turns),
		TEST(the_pinned_one_comes_first),
		TEST(a_pin_on_no_credential_changes_nothing),
		TEST(after_a_passing_fault_they_come_last),
		TEST(refused_ones_are_left_out_until_they_rested),
		TEST(if_all_rest_the_truest_reason_is_told),
		TEST(the_truer_error_stays),
		TEST(what_lets_a_credential_rest_can_be_told),
		TEST(of_two_waits_the_shorter_is_told),
		TEST(each_search_takes_its_turn),
		TEST(a_rest_fits_its_reason),
		TEST(a_rest_for_good_has_no_end),
		TEST(a_credential_is_awake_unless_it_was_refused),
		TEST(a_known_wait_is_truer_than_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
