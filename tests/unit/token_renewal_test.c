/* SPDX-License-Identifier: MIT */
/* Renewed tokens: sealed, on disk, and renewed by one process at a time. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "store/credentials.h"
#include "store/token_renewal.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/sync_count.h"

#define SECRET "web:a-refresh-token-of-the-test"

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
	assert_true(credential_parse(&f.credential, a, SECRET, &f.error));
	return f;
}

static void tokens_are_readable_only_with_the_credential(void **state)
{
	struct fixture f = begin(*state);
	struct access_token in = { "access-token-clear", 999,
				   "refresh-token-clear" };
	struct credential other = f.credential;
	struct access_token out;

	assert_true(store_token_renewal_save(f.store, &f.credential, &in,
					     *state, &f.error));
	assert_true(store_token_renewal_load(f.store, &f.credential, &out,
					     *state, &f.error));
	assert_string_equal(out.token, "access-token-clear");
	assert_string_equal(out.refresh, "refresh-token-clear");
	assert_int_equal(out.expires_ms, 999);
	other.secret = "another secret under the same fingerprint";
	assert_true(store_token_renewal_load(f.store, &other, &out, *state,
					     &f.error));
	assert_null(out.token);
	assert_null(out.refresh);
}

static void a_credential_that_was_never_renewed_has_no_tokens(void **state)
{
	struct fixture f = begin(*state);
	struct access_token out = { "x", 1, "y" };

	assert_true(store_token_renewal_load(f.store, &f.credential, &out,
					     *state, &f.error));
	assert_null(out.token);
	assert_null(out.refresh);
}

static int64_t cooldown_of(struct fixture *f, struct arena *a)
{
	const struct credential *list[] = { &f->credential };
	struct credential_state s;

	assert_true(
		store_credential_states(f->store, list, 1, &s, a, &f->error));
	return s.cooldown_left_ms;
}

/* A quota is not refilled by another token. */
static void saving_ends_a_cooldown_that_was_about_the_credential(void **state)
{
	static const struct {
		enum error_kind kind;
		bool ends;
	} cooldowns[] = { { ERROR_CREDENTIAL, true }, { ERROR_QUOTA, false } };
	struct access_token access = { "token", 999, "refresh" };
	struct fixture f = begin(*state);

	for (size_t i = 0; i < COUNT(cooldowns); i++) {
		struct error why = { .kind = cooldowns[i].kind };

		assert_true(store_credential_cool_down(
			f.store, &f.credential, &why, clock_wall_ms() + 60000,
			&f.error));
		assert_true(store_token_renewal_save(
			f.store, &f.credential, &access, *state, &f.error));
		assert_int_equal(cooldown_of(&f, *state) == 0,
				 cooldowns[i].ends);
	}
}

/* Kimi may have invalidated the old ones: a power failure must not bring them
 * back. All other writes are faster than that. */
static void renewed_tokens_are_on_disk_when_they_are_saved(void **state)
{
	struct access_token access = { "token", 999, "refresh" };
	struct error why = { .kind = ERROR_UPSTREAM };
	struct fixture f;

	sync_count_begin();
	f = begin(*state);
	for (int round = 0; round < 3; round++) {
		/* The first write to a new log is synced in any case. */
		assert_true(store_credential_cool_down(f.store, &f.credential,
						       &why, 5, &f.error));
		sync_count();
		assert_true(store_credential_cool_down(f.store, &f.credential,
						       &why, 6, &f.error));
		assert_int_equal(sync_count(), 0);
		assert_true(store_token_renewal_save(
			f.store, &f.credential, &access, *state, &f.error));
		assert_true(sync_count() > 0);
	}
	sync_count_end();
}

static void no_secret_is_in_the_files(void **state)
{
	static const char *const secrets[] = { "access-token-clear",
					       "refresh-token-clear",
					       "a-refresh-token-of-the-test" };
	static const char *const endings[] = { "", "-wal" };
	struct fixture f = begin(*state);
	struct access_token in = { secrets[0], 999, secrets[1] };

	assert_true(store_token_renewal_save(f.store, &f.credential, &in,
					     *state, &f.error));
	for (size_t i = 0; i < COUNT(endings); i++) {
		size_t n;
		const char *bytes = files_read(
			*state,
			arena_printf(*state, "%s%s", f.path, endings[i]), &n);

		for (size_t j = 0; j < COUNT(secrets); j++)
			assert_null(memmem(bytes, n, secrets[j],
					   strlen(secrets[j])));
	}
}

/* 0: another one has it. */
static int64_t lock(struct store *s, const struct credential *c)
{
	struct error e;
	int64_t locked = -1;

	assert_true(store_token_renewal_lock(s, c, 30000, &locked, &e));
	return locked;
}

static void one_of_two_processes_gets_the_lock(void **state)
{
	struct fixture f = begin(*state);
	struct store *other = database_open(*state, f.path);
	int64_t ours = lock(f.store, &f.credential);

	assert_true(ours != 0);
	assert_int_equal(lock(other, &f.credential), 0);
	assert_true(store_token_renewal_unlock(f.store, &f.credential, ours,
					       &f.error));
	assert_true(lock(other, &f.credential) != 0);
}

static void a_dead_process_has_no_lock(void **state)
{
	struct fixture f = begin(*state);
	struct store *dead = NULL;

	assert_true(store_open(&dead, f.path, NULL, STORE_WAIT_MS, &f.error));
	assert_true(lock(dead, &f.credential) != 0);
	assert_int_equal(lock(f.store, &f.credential), 0);
	store_close(dead);
	assert_true(lock(f.store, &f.credential) != 0);
}

static void a_lock_expires(void **state)
{
	struct fixture f = begin(*state);

	assert_true(lock(f.store, &f.credential) != 0);
	database_run(f.path, "UPDATE credentials SET renewing_uptime = 5");
	assert_true(lock(f.store, &f.credential) != 0);
}

/* A process that comes too late must not open the lock of the next. */
static void a_late_unlock_does_not_open_the_next_lock(void **state)
{
	struct fixture f = begin(*state);
	struct store *next = database_open(*state, f.path);
	int64_t late = lock(f.store, &f.credential);

	database_run(f.path, "UPDATE credentials SET renewing_uptime = 5");
	assert_true(lock(next, &f.credential) != 0);
	assert_true(store_token_renewal_unlock(f.store, &f.credential, late,
					       &f.error));
	assert_int_equal(lock(f.store, &f.credential), 0);
}

static void credentials_do_not_share_locks(void **state)
{
	struct fixture f = begin(*state);
	struct credential other;

	assert_true(credential_parse(&other, *state, "web:another-token-xyz",
				     &f.error));
	assert_true(lock(f.store, &f.credential) != 0);
	assert_true(lock(f.store, &other) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tokens_are_readable_only_with_the_credential),
		TEST(a_credential_that_was_never_renewed_has_no_tokens),
		TEST(saving_ends_a_cooldown_that_was_about_the_credential),
		TEST(renewed_tokens_are_on_disk_when_they_are_saved),
		TEST(no_secret_is_in_the_files),
		TEST(one_of_two_processes_gets_the_lock),
		TEST(a_dead_process_has_no_lock),
		TEST(a_lock_expires),
		TEST(a_late_unlock_does_not_open_the_next_lock),
		TEST(credentials_do_not_share_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
