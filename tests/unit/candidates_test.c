/* SPDX-License-Identifier: MIT */
/* Which credentials are tried, in which order, and the error if none is. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/relay/candidates_internal.h"
#include "base/clock.h"
#include "store/credentials.h"
#include "tests/unit/support/database.h"
#include "upstream/cooldown.h"
#include "upstream/services.h"

struct fixture {
	struct arena *arena;
	const char *path;
	struct store *store;
	struct credential list[5]; /* a, b, c: web; d, e: platform */
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
	/* A new process: another one has drawn numbers already. */
	candidates_init(&c, database_open(f->arena, f->path), f->arena);
	assert_true(candidates_find(&c, &caller, &upstream_web, pinned, &e));
	return c;
}

/* The order, as the letters of the credentials. */
static void order_is(const struct candidates *c, const char *letters)
{
	char found[8] = { 0 };

	for (size_t i = 0; i < c->n; i++)
		found[i] = c->list[i]->secret[0];
	assert_string_equal(found, letters);
}

/* `named`: Kimi said how long. */
static void cool_down(struct fixture *f, size_t i, enum error_kind kind,
		      int64_t ms, bool named)
{
	struct error why, e;

	error_set(&why, kind, "Kimi says: no.");
	why.retry_after_ms = named ? 1 : 0;
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

static void after_a_fault_of_kimis_they_come_last(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c;

	cool_down(&f, 0, ERROR_UPSTREAM, 10000, true);
	c = find(&f, 0, f.list[0].fingerprint);
	order_is(&c, "bca");
}

static void refused_ones_are_left_out_until_they_cooled_down(void **state)
{
	static const enum error_kind kinds[] = {
		ERROR_CREDENTIAL, ERROR_FORBIDDEN, ERROR_RATE_LIMIT, ERROR_QUOTA
	};
	struct fixture f = begin(*state);
	struct candidates c;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		cool_down(&f, 2, kinds[i], 10000, true);
		c = find(&f, 0, f.list[2].fingerprint);
		order_is(&c, "ac");
	}
	cool_down(&f, 2, ERROR_QUOTA, -1, true);
	c = find(&f, 0, NULL);
	order_is(&c, "abc");
}

static void if_all_cool_down_one_reason_takes_precedence(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c;

	cool_down(&f, 0, ERROR_CREDENTIAL, 300000, true);
	cool_down(&f, 2, ERROR_RATE_LIMIT, 20000, true);
	cool_down(&f, 3, ERROR_RATE_LIMIT, 5000, true);
	c = find(&f, 0, NULL);
	assert_int_equal(c.n, 0);
	assert_error(&c.none, ERROR_RATE_LIMIT, "");
	assert_string_equal(
		c.none.message,
		"All Kimi credentials for this model are "
		"unavailable. Reason: rate limit "
		"reached. Wait, or add more credentials. Kimi says: no.");
	assert_in_range(c.none.retry_after_ms, 3000, 5000);
}

/* The first one due of those, and that one alone. */
static void a_guessed_time_is_no_reason_to_fail(void **state)
{
	static const enum error_kind kinds[] = {
		ERROR_CREDENTIAL, ERROR_FORBIDDEN, ERROR_CLIENT_REFUSED,
		ERROR_RATE_LIMIT, ERROR_QUOTA
	};
	struct fixture f = begin(*state);
	struct candidates c;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		cool_down(&f, 0, ERROR_CREDENTIAL, 300000, false);
		cool_down(&f, 2, kinds[i], 9000, false);
		cool_down(&f, 3, ERROR_RATE_LIMIT, 5000, true);
		c = find(&f, 0, f.list[0].fingerprint);
		order_is(&c, "b");
		assert_true(c.last_resort_until > 0);
		/* The others say why they are not there. */
		assert_error(&c.none, ERROR_RATE_LIMIT, "");
	}
	/* One that is available is tried alone. */
	cool_down(&f, 0, ERROR_UPSTREAM, 300000, false);
	c = find(&f, 0, NULL);
	order_is(&c, "a");
	assert_int_equal(c.last_resort_until, 0);
}

static void a_client_is_told_what_a_client_can_do(void **state)
{
	struct fixture f = begin(*state);
	struct caller caller = { .credentials = f.list,
				 .n_credentials = COUNT(f.list),
				 .own = true };
	static const enum error_kind kinds[] = {
		ERROR_CREDENTIAL, ERROR_FORBIDDEN, ERROR_CLIENT_REFUSED,
		ERROR_RATE_LIMIT, ERROR_QUOTA
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct candidates c;
		struct error e;

		cool_down(&f, 0, kinds[i], 9000, true);
		cool_down(&f, 2, kinds[i], 9000, true);
		cool_down(&f, 3, kinds[i], 9000, true);
		candidates_init(&c, f.store, f.arena);
		assert_true(
			candidates_find(&c, &caller, &upstream_web, NULL, &e));
		assert_int_equal(c.n, 0);
		f.list[0].of_client = true;
		candidates_explain(&f.list[0], &c.none);
		assert_error(&c.none, kinds[i], "");
		assert_contains(c.none.message, "your ");
		assert_non_null(c.refused);
		assert_lacks(c.none.message, "KIMI_TOKENS");
	}
}

/* Whose credential it is makes the difference, and the words are Kimi's. */
static void a_rejected_credential_is_explained(void **state)
{
	static const struct {
		bool own;
		enum error_kind kind;
		const char *says;
	} rows[] = {
		{ true, ERROR_CREDENTIAL,
		  "Kimi does not accept your credential: log in at "
		  "www.kimi.com and copy refresh_token again (each "
		  "installation needs its own), then send it as the API key. "
		  "Kimi says: no." },
		{ false, ERROR_OUR_CREDENTIAL,
		  "Kimi does not accept this server's credential: its owner "
		  "has to log in at www.kimi.com and copy refresh_token again "
		  "(each installation needs its own) into KIMI_TOKENS. Kimi says: no." },
	};
	struct fixture f = begin(*state);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct candidates c;
		struct error e;

		cool_down(&f, 0, ERROR_CREDENTIAL, 9000, true);
		cool_down(&f, 2, ERROR_CREDENTIAL, 9000, true);
		cool_down(&f, 3, ERROR_CREDENTIAL, 9000, true);
		c = find(&f, 0, NULL);
		assert_int_equal(c.n, 0);
		f.list[0].of_client = rows[i].own;
		candidates_explain(&f.list[0], &c.none);
		assert_error(&c.none, rows[i].kind, "");
		assert_string_equal(c.none.message, rows[i].says);
		error_set(&e, ERROR_RATE_LIMIT, "others stay as they are");
		candidates_explain(&f.list[0], &e);
		assert_error(&e, ERROR_RATE_LIMIT, "");
		assert_string_equal(e.message, "others stay as they are");
	}
}

/* A pool with several dead ones must not use up all tries on them. */
static void of_the_rejected_only_one_is_tried_before_the_others(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c;

	cool_down(&f, 0, ERROR_CREDENTIAL, -1000, false);
	cool_down(&f, 2, ERROR_CREDENTIAL, -1000, false);
	c = find(&f, 0, NULL);
	order_is(&c, "acb");
	c = find(&f, 1, NULL);
	order_is(&c, "bca");
	c = find(&f, 2, NULL);
	order_is(&c, "cab");
}

static void what_a_cooldown_says_ends_with_it(void **state)
{
	struct fixture f = begin(*state);
	const struct credential *list[] = { &f.list[0] };
	struct credential_state s;
	struct error why, e;
	int64_t until;

	error_set(&why, ERROR_CREDENTIAL, "Kimi says: no.");
	until = candidates_cool_down(f.store, list[0], &why);
	assert_true(store_credential_states(f.store, list, 1, &s, *state, &e));
	assert_true(s.cooled);
	assert_string_equal(s.cooldown_words, "Kimi says: no.");
	/* Another one took its place. */
	assert_true(store_credential_clear(f.store, list[0], until - 1, &e));
	assert_true(store_credential_states(f.store, list, 1, &s, *state, &e));
	assert_true(s.cooled);
	assert_true(store_credential_clear(f.store, list[0], until, &e));
	assert_true(store_credential_states(f.store, list, 1, &s, *state, &e));
	assert_false(s.cooled);
	assert_int_equal(s.cooldown_until, 0);
	assert_null(s.cooldown_words);
	/* It may quote the request. */
	error_set(&why, ERROR_FORBIDDEN, "Kimi says: you said x.");
	candidates_cool_down(f.store, list[0], &why);
	assert_true(store_credential_states(f.store, list, 1, &s, *state, &e));
	assert_true(s.cooled);
	assert_null(s.cooldown_words);
}

static void each_call_takes_the_next_turn(void **state)
{
	struct fixture f = begin(*state);
	struct caller caller = { .credentials = f.list,
				 .n_credentials = COUNT(f.list) };
	struct candidates c = find(&f, 0, NULL);
	struct error e;

	order_is(&c, "abc");
	assert_true(candidates_find(&c, &caller, &upstream_web, NULL, &e));
	order_is(&c, "bca");
}

/* After a rate limit the client is asked to wait as long as the cooldown
 * lasts. */
static void a_cooldown_fits_its_reason(void **state)
{
	static const struct {
		enum error_kind kind;
		int64_t named, own, shown, lasts;
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
		why.cooldown_ms = rows[i].own;
		candidates_cool_down(f.store, &f.list[0], &why);
		assert_int_equal(why.retry_after_ms, rows[i].shown);
		until = database_int(f.path, "SELECT cooldown_until FROM "
					     "credentials");
		assert_in_range(until, now + rows[i].lasts - 5,
				now + rows[i].lasts + 3000);
	}
}

static void a_cooldown_forever_has_no_end(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c;
	struct error why;

	error_set(&why, ERROR_FORBIDDEN, "x");
	why.cooldown_ms = COOLDOWN_FOREVER;
	why.retry_after_ms = 1000;
	for (size_t i = 0; i < 4; i++)
		if (f.list[i].upstream == &upstream_web)
			candidates_cool_down(f.store, &f.list[i], &why);
	c = find(&f, 0, NULL);
	assert_int_equal(c.n, 0);
	assert_error(&c.none, ERROR_FORBIDDEN, "");
	assert_int_equal(c.none.retry_after_ms, 0);
}

/* Another request may have been refused while this one waited. */
static void a_credential_is_available_unless_it_was_refused(void **state)
{
	struct fixture f = begin(*state);
	struct candidates c = find(&f, 0, NULL);
	struct error why;

	assert_true(candidates_available(&c, 0, &why));
	cool_down(&f, 0, ERROR_UPSTREAM, 10000, true);
	assert_true(candidates_available(&c, 0, &why));
	cool_down(&f, 0, ERROR_CREDENTIAL, -1, true);
	assert_true(candidates_available(&c, 0, &why));
	cool_down(&f, 0, ERROR_RATE_LIMIT, 9000, true);
	assert_false(candidates_available(&c, 0, &why));
	assert_error(&why, ERROR_RATE_LIMIT, "");
	assert_in_range(why.retry_after_ms, 5000, 9000);
	/* The last resort is used, unless it was refused again. */
	for (size_t i = 0; i < 4; i++)
		if (f.list[i].upstream == &upstream_web)
			cool_down(&f, i, ERROR_RATE_LIMIT,
				  9000 + 1000 * (int64_t)i, false);
	c = find(&f, 0, NULL);
	assert_true(candidates_available(&c, 0, &why));
	cool_down(&f, 0, ERROR_RATE_LIMIT, 9500, false);
	assert_false(candidates_available(&c, 0, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_those_of_the_service_are_counted),
		TEST(they_take_turns),
		TEST(the_pinned_one_comes_first),
		TEST(a_pin_on_no_credential_changes_nothing),
		TEST(after_a_fault_of_kimis_they_come_last),
		TEST(refused_ones_are_left_out_until_they_cooled_down),
		TEST(if_all_cool_down_one_reason_takes_precedence),
		TEST(a_guessed_time_is_no_reason_to_fail),
		TEST(a_client_is_told_what_a_client_can_do),
		TEST(a_rejected_credential_is_explained),
		TEST(of_the_rejected_only_one_is_tried_before_the_others),
		TEST(what_a_cooldown_says_ends_with_it),
		TEST(each_call_takes_the_next_turn),
		TEST(a_cooldown_fits_its_reason),
		TEST(a_cooldown_forever_has_no_end),
		TEST(a_credential_is_available_unless_it_was_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
