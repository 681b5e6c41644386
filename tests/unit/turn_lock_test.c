/* SPDX-License-Identifier: MIT */
/* One turn at a time: who has a conversation, and for how long. */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "tests/unit/support/skipped_time.h"
#include "tests/unit/support/turns.h"

static void busy(struct turns *f, const char *request, const char *conversation,
		 bool expected)
{
	struct store_turn *t = database_turn(f->arena, request, conversation);
	struct error e = { .kind = ERROR_KINDS };

	assert_int_equal(store_turn_open(f->store, t, f->arena, &e), !expected);
	if (expected)
		assert_error(&e, ERROR_BUSY, "");
}

static void a_second_turn_at_the_same_time_is_refused(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_FAILED, "");
	struct error why;

	busy(&f, "r2", "c", true);
	busy(&f, "r3", "another", false);
	busy(&f, "r4", NULL, false);
	error_set(&why, ERROR_UPSTREAM, "x");
	o.error = &why;
	turns_close(&f, t, &o);
	busy(&f, "r5", "c", false);
	/* A refused turn leaves no row. */
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests "
					      "WHERE id = 'r2'"),
			 0);
}

static void an_expired_lease_frees_the_conversation(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_play(&f, "r0", 0, "one", "first");
	turns_opened(&f, "r1", "c");
	database_run(f.path, "UPDATE requests SET lease_uptime = 5 "
			     "WHERE id = 'r1'");
	t = turns_opened(&f, "r2", "c");
	assert_int_equal(t->n_messages, 2);
	/* Nobody knows what the chat at Kimi holds by now. */
	assert_null(t->bookmark.chat);
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT status || error_kind FROM requests "
			      "WHERE id = 'r1'"),
		"interruptedinterrupted");
}

/* To look at all that run is much for each of a thousand turns. */
static void turns_without_a_conversation_look_once_a_second(void **state)
{
	struct turns f = turns_begin(*state);
	const char *status = "SELECT status FROM requests WHERE id = 'r1'";

	skipped_time_begin();
	turns_opened(&f, "r1", NULL);
	database_run(f.path, "UPDATE requests SET lease_uptime = 5");
	turns_opened(&f, "r2", NULL);
	assert_string_equal(database_text(*state, f.path, status), "running");
	skipped_time_pass(1000);
	turns_opened(&f, "r3", NULL);
	assert_string_equal(database_text(*state, f.path, status),
			    "interrupted");
}

static void a_renewed_lease_holds_the_conversation(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", "c");
	int64_t now = clock_ms(), until;
	struct error e;

	database_run(f.path, "UPDATE requests SET lease_uptime = 5");
	assert_true(store_turn_renew(f.store, t, &e));
	until = database_int(f.path, "SELECT lease_uptime FROM requests");
	assert_in_range(until, now + TURN_LEASE_MS - 1000,
			now + TURN_LEASE_MS + 10000);
	busy(&f, "r2", "c", true);
}

/* Its lease expired, and another process continued the conversation. */
static void a_turn_that_ends_too_late_is_not_recorded(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *late = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "late");
	struct store_turn *t;
	struct error e;

	database_run(f.path, "UPDATE requests SET lease_uptime = 5");
	turns_play(&f, "r2", 0, "two", "second");
	o.request = turns_request(*state, late, 0, "one");
	assert_false(store_turn_close(f.store, late, &o, *state, &e));
	t = turns_opened(&f, "r3", "c");
	assert_int_equal(t->n_messages, 2);
	assert_string_equal(turns_text(&f, t, 1), "second");
}

/* Its number may be another one's in a file that replaced this one. */
static void the_row_of_another_request_is_left_alone(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "text");
	struct error e;

	database_run(f.path, "UPDATE requests SET id = 'another', "
			     "lease_uptime = 5");
	o.request = turns_request(*state, t, 0, "one");
	assert_false(store_turn_renew(f.store, t, &e));
	assert_false(store_turn_close(f.store, t, &o, *state, &e));
	assert_string_equal(database_text(*state, f.path,
					  "SELECT status || lease_uptime "
					  "FROM requests"),
			    "running5");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages"),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_turn_at_the_same_time_is_refused),
		TEST(an_expired_lease_frees_the_conversation),
		TEST(turns_without_a_conversation_look_once_a_second),
		TEST(a_renewed_lease_holds_the_conversation),
		TEST(a_turn_that_ends_too_late_is_not_recorded),
		TEST(the_row_of_another_request_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
