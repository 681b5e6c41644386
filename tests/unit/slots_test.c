/* SPDX-License-Identifier: MIT */
/* Slots of a credential for requests that run at once. */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "store/credential_notes.h"
#include "store/slot_queue.h"
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

/* --- In line --- */

static struct slot_wait *waits(struct arena *a, const struct fixture *f,
			       const char *first, const char *second)
{
	struct slot_wait *w = arena_alloc(a, sizeof(*w));
	struct error e;

	w->n = second == NULL ? 1 : 2;
	w->lines = arena_array(a, w->n, sizeof(*w->lines));
	w->lines[0] = (struct slot_line){ .credential = first, .max = 1 };
	if (second != NULL)
		w->lines[1] =
			(struct slot_line){ .credential = second, .max = 1 };
	assert_true(store_slot_wait_begin(f->store, w, &e));
	return w;
}

/* Which line it got a slot in; -1: none. */
static int got(const struct fixture *f, struct slot_wait *w)
{
	struct error e;
	size_t i;

	assert_true(store_slot_wait_look(f->store, w, &i, &e));
	return i == w->n ? -1 : (int)i;
}

static bool is_woken(struct slot_wait *w)
{
	return poll(w->fds, SLOT_WAIT_FDS, 5000) > 0;
}

static void those_who_wait_are_served_in_order(void **state)
{
	struct fixture f = begin(*state);
	struct fixture other = { .path = f.path };
	int64_t slot = taken(&f, "c", 1);
	struct slot_wait *one, *two;
	struct error e;

	other.store = database_open(*state, f.path);
	one = waits(*state, &other, "c", NULL);
	two = waits(*state, &f, "c", NULL);
	assert_int_equal(got(&other, one), -1);
	assert_int_equal(got(&f, two), -1);
	assert_true(store_slot_release(f.store, slot, &e));
	assert_int_equal(taken(&f, "c", 1), 0);
	assert_true(is_woken(one));
	assert_int_equal(got(&f, two), -1);
	assert_int_equal(got(&other, one), 0);
	store_slot_wait_end(other.store, one, 0);
	assert_true(store_slot_release(other.store, one->lines[0].ticket, &e));
	assert_true(is_woken(two));
	assert_int_equal(got(&f, two), 0);
	store_slot_wait_end(f.store, two, 0);
	assert_true(store_slot_release(f.store, two->lines[0].ticket, &e));
	assert_true(taken(&f, "c", 1) != 0);
}

static void the_first_slot_of_several_is_got(void **state)
{
	struct fixture f = begin(*state);
	int64_t slot = taken(&f, "d", 1);
	struct slot_wait *one, *two;
	struct error e;

	assert_true(taken(&f, "c", 1) != 0);
	one = waits(*state, &f, "c", "d");
	two = waits(*state, &f, "c", NULL);
	assert_int_equal(got(&f, one), -1);
	assert_true(store_slot_release(f.store, slot, &e));
	assert_true(is_woken(one));
	assert_int_equal(got(&f, one), 1);
	store_slot_wait_end(f.store, one, 1);
	assert_int_equal(got(&f, two), -1);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM slots "
					      "WHERE credential = 'c'"),
			 2);
	store_slot_wait_end(f.store, two, 1);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM slots"), 2);
}

/* The holder, or one that waits before others. */
static void the_dead_block_nobody(void **state)
{
	struct fixture f = begin(*state);
	struct slot_wait *late;
	struct store *dead;
	struct error e;
	int64_t slot;

	assert_true(store_open(&dead, f.path, NULL, STORE_WAIT_MS, &e));
	assert_true(store_slot_take(dead, "c", 1, &slot, &e) && slot != 0);
	waits(*state, &(struct fixture){ f.path, dead }, "c", NULL);
	late = waits(*state, &f, "c", NULL);
	assert_int_equal(got(&f, late), -1);
	store_close(dead);
	assert_int_equal(got(&f, late), 0);
	store_slot_wait_end(f.store, late, 0);
}

/* Of a process that was stopped: it is the last one then. */
static void a_lost_place_is_taken_again(void **state)
{
	struct fixture f = begin(*state);
	struct slot_wait *w;

	assert_true(taken(&f, "c", 1) != 0);
	w = waits(*state, &f, "c", NULL);
	database_run(f.path, "DELETE FROM slots WHERE NOT awaited");
	assert_int_equal(got(&f, w), -1);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM slots"), 2);
	database_run(f.path, "DELETE FROM slots WHERE awaited");
	assert_int_equal(got(&f, w), 0);
	store_slot_wait_end(f.store, w, 0);
}

/* A process that was stopped while it waited must not run beside the one that
 * had its turn meanwhile. */
static void whoever_was_passed_over_goes_to_the_end(void **state)
{
	struct fixture f = begin(*state);
	int64_t slot = taken(&f, "c", 1);
	struct slot_wait *stopped = waits(*state, &f, "c", NULL);
	struct slot_wait *next = waits(*state, &f, "c", NULL);
	struct error e;

	assert_true(store_slot_release(f.store, slot, &e));
	database_run(f.path, "UPDATE slots SET lease_uptime = 5 WHERE awaited");
	assert_int_equal(got(&f, next), 0);
	assert_int_equal(got(&f, stopped), -1);
	assert_true(stopped->lines[0].ticket > next->lines[0].ticket);
	store_slot_wait_end(f.store, next, 0);
	assert_true(store_slot_release(f.store, next->lines[0].ticket, &e));
	assert_true(is_woken(stopped));
	assert_int_equal(got(&f, stopped), 0);
	store_slot_wait_end(f.store, stopped, 0);
}

static void assert_use(const struct fixture *f, int64_t limit, int64_t used,
		       int64_t waiting)
{
	struct slot_use use;
	struct error e;

	assert_true(store_slots_read(f->store, "c", 2, &use, &e));
	assert_int_equal(use.limit, limit);
	assert_int_equal(use.used, used);
	assert_int_equal(use.waiting, waiting);
}

static void who_has_slots_and_who_waits_can_be_read(void **state)
{
	struct fixture f = begin(*state);
	struct slot_wait *w;
	struct error e;

	assert_use(&f, 2, 0, 0);
	taken(&f, "c", 2);
	taken(&f, "d", 2);
	assert_use(&f, 2, 1, 0);
	taken(&f, "c", 2);
	w = waits(*state, &f, "c", NULL);
	assert_use(&f, 2, 2, 1);
	assert_true(store_credential_note_put(f.store, "c", UPSTREAM_SLOTS_NOTE,
					      "1", &e));
	assert_use(&f, 1, 1, 2);
	store_slot_wait_end(f.store, w, 1);
	database_run(f.path, "UPDATE slots SET lease_uptime = 5, "
			     "lease_owner = NULL, lease_until = 5");
	assert_use(&f, 1, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_more_slots_than_the_limit_are_taken),
		TEST(the_lower_of_both_limits_counts),
		TEST(a_renewed_slot_stays_taken),
		TEST(a_late_holder_does_not_release_the_next_one),
		TEST(the_slot_of_another_process_is_left_alone),
		TEST(those_who_wait_are_served_in_order),
		TEST(the_first_slot_of_several_is_got),
		TEST(the_dead_block_nobody),
		TEST(a_lost_place_is_taken_again),
		TEST(whoever_was_passed_over_goes_to_the_end),
		TEST(who_has_slots_and_who_waits_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
