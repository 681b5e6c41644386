/* SPDX-License-Identifier: MIT */
/* Slots of a credential for requests that run at once. */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "store/credential_notes.h"
#include "store/slots.h"
#include "tests/unit/support/database.h"
#include "upstream/upstream.h"

struct fixture {
	const char *path;
	struct store *store;
};

static struct fixture begin(struct arena *a)
{
	struct fixture f = { .path = database_path(a) };

	f.store = database_open(a, f.path);
	return f;
}

/* 0: all slots are taken. */
static int64_t taken(const struct fixture *f, const char *credential,
		     int64_t max)
{
	struct error e;
	int64_t slot = -1;

	assert_true(store_slot_take(f->store, credential, max, &slot, &e));
	return slot;
}

static void no_more_slots_than_the_limit_are_taken(void **state)
{
	struct fixture f = begin(*state);
	int64_t first = taken(&f, "c", 2);
	struct error e;

	assert_true(first != 0 && taken(&f, "c", 2) != 0);
	assert_int_equal(taken(&f, "c", 2), 0);
	assert_true(taken(&f, "other", 2) != 0);
	assert_true(store_slot_release(f.store, first, &e));
	assert_true(taken(&f, "c", 2) != 0);
	assert_int_equal(taken(&f, "c", 2), 0);
}

/* What Kimi says of the account. */
static void the_lower_of_both_limits_counts(void **state)
{
	struct fixture f = begin(*state);
	struct error e;

	assert_true(store_credential_note_put(f.store, "c", UPSTREAM_SLOTS_NOTE,
					      "1", &e));
	assert_true(store_credential_note_put(f.store, "d", UPSTREAM_SLOTS_NOTE,
					      "9", &e));
	assert_true(store_credential_note_put(f.store, "e", UPSTREAM_SLOTS_NOTE,
					      "", &e));
	assert_true(
		store_credential_note_put(f.store, "f", "flavour", "1", &e));
	assert_true(taken(&f, "c", 2) != 0);
	assert_int_equal(taken(&f, "c", 2), 0);
	for (const char *c = "d\0e\0f\0"; *c != '\0'; c += 2) {
		assert_true(taken(&f, c, 2) != 0 && taken(&f, c, 2) != 0);
		assert_int_equal(taken(&f, c, 2), 0);
	}
}

static void a_renewed_slot_stays_taken(void **state)
{
	struct fixture f = begin(*state);
	int64_t slot = taken(&f, "c", 1);
	struct error e;

	database_run(f.path, "UPDATE slots SET lease_uptime = 5");
	assert_true(store_slot_renew(f.store, slot, &e));
	assert_int_equal(taken(&f, "c", 1), 0);
	assert_true(database_int(f.path, "SELECT lease_uptime FROM slots") >
		    clock_ms());
}

static void a_late_holder_does_not_release_the_next_one(void **state)
{
	struct fixture f = begin(*state);
	int64_t late = taken(&f, "c", 1), next;
	struct error e;

	database_run(f.path, "UPDATE slots SET lease_uptime = 5");
	next = taken(&f, "c", 1);
	assert_true(next != 0);
	assert_true(store_slot_renew(f.store, late, &e));
	assert_true(store_slot_release(f.store, late, &e));
	assert_int_equal(taken(&f, "c", 1), 0);
}

/* In a file that replaced the one where ours was, its number is another's. */
static void the_slot_of_another_process_is_left_alone(void **state)
{
	struct fixture f = begin(*state);
	int64_t slot = taken(&f, "c", 1);
	struct error e;

	database_run(f.path, "UPDATE slots SET lease_owner = lease_owner + 1, "
			     "lease_uptime = 5");
	assert_true(store_slot_renew(f.store, slot, &e));
	assert_true(store_slot_release(f.store, slot, &e));
	assert_int_equal(database_int(f.path, "SELECT sum(lease_uptime) "
					      "FROM slots"),
			 5);
	/* Where files cannot be locked, no slot has an owner. */
	database_run(f.path, "UPDATE slots SET lease_owner = NULL");
	assert_true(store_slot_renew(f.store, slot, &e));
	assert_true(store_slot_release(f.store, slot, &e));
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM slots"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_more_slots_than_the_limit_are_taken),
		TEST(the_lower_of_both_limits_counts),
		TEST(a_renewed_slot_stays_taken),
		TEST(a_late_holder_does_not_release_the_next_one),
		TEST(the_slot_of_another_process_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
