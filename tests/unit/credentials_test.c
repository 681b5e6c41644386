/* SPDX-License-Identifier: MIT */
/* Cooldowns of credentials, and which one is next. */
#include "tests/unit/support/test.h"

#include <sqlite3.h>

#include "base/clock.h"
#include "store/acceptance.h"
#include "store/credentials.h"
#include "store/rotation.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/skipped_time.h"
#include "upstream/cooldown.h"

#define HOUR_MS INT64_C(3600000)

struct fixture {
	const char *path;
	struct store *store;
	struct credential credential;
	struct error error;
};

static struct fixture begin(struct arena *a)
{
	struct fixture f = { .path = database_path(a) };

	f.store = database_open(a, f.path);
	assert_true(credential_parse(
		&f.credential, a, "web:a-refresh-token-of-the-test", &f.error));
	return f;
}

static struct credential_state state_of(struct fixture *f, struct arena *a)
{
	const struct credential *list[] = { &f->credential };
	struct credential_state s = { .cooldown_left_ms = -1 };

	assert_true(
		store_credential_states(f->store, list, 1, &s, a, &f->error));
	return s;
}

static int64_t left(struct fixture *f, struct arena *a)
{
	return state_of(f, a).cooldown_left_ms;
}

static void cool_down(struct fixture *f, int64_t ms)
{
	bool ends = ms != COOLDOWN_FOREVER;
	struct error why;

	error_set(&why, ERROR_QUOTA, "no money");
	assert_true(store_credential_cool_down(
		f->store, &f->credential, &why,
		ends ? clock_wall_ms() + ms : COOLDOWN_FOREVER, &f->error));
}

static void an_unknown_credential_is_available(void **state)
{
	struct fixture f = begin(*state);

	assert_int_equal(left(&f, *state), 0);
}

static void a_cooldown_is_stored_with_its_reason(void **state)
{
	struct fixture f = begin(*state);

	cool_down(&f, HOUR_MS);
	assert_in_range(left(&f, *state), HOUR_MS - 5000, HOUR_MS);
	assert_int_equal(state_of(&f, *state).cooldown_kind, ERROR_QUOTA);
	f.store = database_open(*state, f.path);
	assert_in_range(left(&f, *state), HOUR_MS - 5000, HOUR_MS);
	skipped_time_pass(HOUR_MS);
	assert_int_equal(left(&f, *state), 0);
}

static void a_cooldown_for_ever_has_no_end(void **state)
{
	struct fixture f = begin(*state);

	cool_down(&f, COOLDOWN_FOREVER);
	skipped_time_pass(HOUR_MS);
	skipped_time_set_wall(-HOUR_MS);
	assert_true(left(&f, *state) == COOLDOWN_FOREVER);
	skipped_time_set_wall(0);
	/* … but for whoever runs the server. */
	database_run(f.path, "UPDATE credentials SET cooldown_until = 0");
	assert_int_equal(left(&f, *state), 0);
}

/* By an hour, after half of it, and before it began. */
static void a_clock_that_is_set_back_lengthens_no_cooldown(void **state)
{
	static const int64_t lengths[] = { 5000, HOUR_MS, 5 * HOUR_MS };
	struct fixture f = begin(*state);

	for (size_t i = 0; i < COUNT(lengths); i++) {
		int64_t half = lengths[i] / 2;

		cool_down(&f, lengths[i]);
		skipped_time_pass(half);
		skipped_time_set_wall(-HOUR_MS);
		assert_in_range(left(&f, *state), half - 2000, half);
		skipped_time_pass(half);
		assert_int_equal(left(&f, *state), 0);
		skipped_time_set_wall(0);
	}
}

/* One that is set forward may end it: it is tried once too often. */
static void a_cooldown_lasts_no_longer_than_by_the_wall_clock(void **state)
{
	struct fixture f = begin(*state);

	cool_down(&f, HOUR_MS);
	skipped_time_set_wall(HOUR_MS);
	assert_int_equal(left(&f, *state), 0);
	skipped_time_set_wall(0);
}

/* The uptime begins anew. */
static void a_cooldown_survives_a_restart_of_the_machine(void **state)
{
	struct fixture f = begin(*state);

	cool_down(&f, HOUR_MS);
	database_run(f.path, "UPDATE credentials SET cooldown_uptime = "
			     "cooldown_uptime + 1000000000");
	assert_in_range(left(&f, *state), HOUR_MS - 5000, HOUR_MS);
	/* … and the clock may be wrong until it is set: then nobody knows. */
	skipped_time_set_wall(-20 * 365 * 24 * HOUR_MS);
	assert_int_equal(left(&f, *state), 0);
	skipped_time_set_wall(0);
}

static bool claimed(struct fixture *f)
{
	bool ours = false;

	assert_true(store_acceptance_claim(f->store, &f->credential, &ours,
					   &f->error));
	return ours;
}

/* About the credentials that a client lists beside an accepted one. */
static void kimi_is_asked_again_after_a_while(void **state)
{
	struct fixture f = begin(*state);

	assert_true(store_acceptance_end(f.store, &f.credential, 0, true,
					 &f.error));
	assert_true(claimed(&f));
	assert_false(claimed(&f));
	/* It lies ahead now, but nobody waits for that. */
	skipped_time_set_wall(-HOUR_MS);
	assert_true(claimed(&f));
	assert_false(claimed(&f));
	skipped_time_set_wall(0);
}

/* Every request of such a client wants to know, but few have anything to
 * write. */
static void until_then_nobody_waits_to_write(void **state)
{
	struct fixture f = begin(*state);
	sqlite3 *other = NULL;

	assert_true(store_acceptance_end(f.store, &f.credential, 0, true,
					 &f.error));
	assert_true(claimed(&f));
	assert_int_equal(sqlite3_open(f.path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	assert_false(claimed(&f));
	sqlite3_close(other);
}

static int64_t rotation(struct store *s, const char *pool)
{
	int64_t next = -1;
	struct error e;

	assert_true(store_rotation_next(s, pool, &next, &e));
	return next;
}

static void processes_share_the_rotation_of_a_pool(void **state)
{
	struct fixture f = begin(*state);
	struct store *other = database_open(*state, f.path);

	assert_int_equal(rotation(f.store, "web"), 0);
	assert_int_equal(rotation(other, "web"), 1);
	/* Who needs more than one draws many. */
	assert_int_equal(rotation(f.store, "web"), 2);
	assert_int_equal(rotation(f.store, "web"), 3);
	assert_int_equal(rotation(f.store, "platform"), 0);
	assert_true(rotation(other, "web") > 3);
	for (int64_t last = rotation(other, "web"); last < 200;) {
		int64_t next = rotation(other, "web");

		assert_true(next > last);
		last = next;
	}
	assert_int_equal(rotation(f.store, "web"), 4);
}

/* As of mod_fcgid, which starts many and ends them soon: what they have drawn
 * and did not use must not be in favour of some credentials. */
static void processes_of_few_requests_use_all_credentials(void **state)
{
	struct fixture f = begin(*state);
	int used[9][8] = { { 0 } };
	struct error e;

	for (int i = 0; i < 32; i++) {
		struct store *s = NULL;

		assert_true(store_open(&s, f.path, NULL, STORE_WAIT_MS, &e));
		rotation(s, "web");
		for (int n = 2, next = (int)rotation(s, "web"); n <= 8; n++)
			used[n][next % n]++;
		store_close(s);
	}
	for (int n = 2; n <= 8; n++)
		for (int i = 0; i < n; i++)
			assert_in_range(used[n][i], 0, 29);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_credential_is_available),
		TEST(a_cooldown_is_stored_with_its_reason),
		TEST(a_cooldown_for_ever_has_no_end),
		TEST(a_clock_that_is_set_back_lengthens_no_cooldown),
		TEST(a_cooldown_lasts_no_longer_than_by_the_wall_clock),
		TEST(a_cooldown_survives_a_restart_of_the_machine),
		TEST(kimi_is_asked_again_after_a_while),
		TEST(until_then_nobody_waits_to_write),
		TEST(processes_share_the_rotation_of_a_pool),
		TEST(processes_of_few_requests_use_all_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
