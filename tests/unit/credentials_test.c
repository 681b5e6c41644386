/* SPDX-License-Identifier: MIT */
/* Cooldowns of credentials, and which one is next. */
#include "tests/unit/support/test.h"

#include "store/credentials.h"
#include "store/rotation.h"
#include "tests/unit/support/database.h"

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
	struct credential_state s = { .cooldown_until = -1 };

	assert_true(
		store_credential_states(f->store, list, 1, &s, a, &f->error));
	return s;
}

static void an_unknown_credential_is_available(void **state)
{
	struct fixture f = begin(*state);

	assert_int_equal(state_of(&f, *state).cooldown_until, 0);
}

static void a_cooldown_is_stored_with_its_reason(void **state)
{
	struct fixture f = begin(*state);
	struct error why;

	error_set(&why, ERROR_QUOTA, "no money");
	assert_true(store_credential_cool_down(f.store, &f.credential, &why,
					       12345, &f.error));
	assert_int_equal(state_of(&f, *state).cooldown_until, 12345);
	assert_int_equal(state_of(&f, *state).cooldown_kind, ERROR_QUOTA);
	f.store = database_open(*state, f.path);
	assert_int_equal(state_of(&f, *state).cooldown_until, 12345);
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
	assert_int_equal(rotation(f.store, "web"), 2);
	assert_int_equal(rotation(f.store, "platform"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_credential_is_available),
		TEST(a_cooldown_is_stored_with_its_reason),
		TEST(processes_share_the_rotation_of_a_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
