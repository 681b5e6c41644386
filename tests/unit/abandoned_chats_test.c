/* SPDX-License-Identifier: MIT */
/* Which chats at Kimi are to be deleted, when, and by whom. */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "store/abandoned_chats_internal.h"
#include "tests/unit/support/database.h"

struct fixture {
	struct arena *arena;
	const char *path;
	struct store *store;
};

static struct fixture begin(struct arena *a)
{
	struct fixture f = { .arena = a, .path = database_path(a) };

	f.store = database_open(a, f.path);
	return f;
}

static void hold(struct store *s, struct abandoned_chat *chats)
{
	struct error e;
	struct db *db = db_begin(s, DB_TURN, &e);

	assert_non_null(db);
	assert_true(db_end(s, db, abandoned_chats_hold(db, chats, &e), &e));
	abandoned_chats_held(chats);
}

static void release(struct store *s, const char *chat)
{
	struct abandoned_chat c = { .credential = "c", .chat = chat };
	struct error e;

	assert_true(store_abandoned_chats_release(s, &c, &e));
	assert_true(c.released);
}

/* How many of the credential's are to be deleted now. */
static size_t next(const struct fixture *f, struct store *s,
		   struct abandoned_batch *b)
{
	struct error e;

	assert_true(store_abandoned_chats_next(s, b, f->arena, &e));
	return b->n;
}

static int64_t count(const struct fixture *f)
{
	return database_int(f->path, "SELECT count(*) FROM abandoned_chats");
}

static int64_t due(struct store *s)
{
	const char *const credential = "c";
	struct error e;
	int64_t at = -1;

	assert_true(store_abandoned_chats_due(s, &credential, 1, &at, &e));
	return at;
}

static void each_is_deleted_by_one_process(void **state)
{
	struct fixture f = begin(*state);
	struct store *other = database_open(*state, f.path);
	struct abandoned_batch ours, theirs, foreign;

	release(f.store, "x");
	release(other, "y");
	assert_true(due(f.store) <= clock_wall_ms());
	store_abandoned_batch_init(&ours, "c");
	store_abandoned_batch_init(&theirs, "c");
	store_abandoned_batch_init(&foreign, "d");
	assert_int_equal(next(&f, other, &foreign), 0);
	assert_int_equal(next(&f, f.store, &ours), 2);
	assert_int_equal(next(&f, other, &theirs), 0);
	assert_int_equal(due(other), INT64_MAX);
	ours.chats[0].gone = ours.chats[1].gone = true;
	assert_int_equal(next(&f, f.store, &ours), 0);
	assert_int_equal(count(&f), 0);
}

/* That of a request that runs stays, for as long as its process runs. */
static void a_dead_process_leaves_its_chats(void **state)
{
	struct fixture f = begin(*state);
	struct abandoned_chat older = { .credential = "c", .chat = "x" };
	struct abandoned_chat newer = { .next = &older,
					.credential = "c",
					.chat = "y" };
	struct abandoned_batch b;
	struct store *other;
	struct error e;

	assert_true(store_open(&other, f.path, NULL, STORE_WAIT_MS, &e));
	hold(other, &older);
	hold(other, &newer);
	assert_true(older.held && newer.held);
	store_abandoned_batch_init(&b, "c");
	assert_int_equal(due(f.store), INT64_MAX);
	assert_int_equal(next(&f, f.store, &b), 0);
	store_close(other);
	assert_int_equal(due(f.store), 0);
	assert_int_equal(next(&f, f.store, &b), 2);
}

/* Where no file can be locked. */
static void one_without_an_owner_is_used_for_a_while(void **state)
{
	struct fixture f = begin(*state);
	struct abandoned_chat c = { .credential = "c", .chat = "x" };
	struct abandoned_batch b;

	hold(f.store, &c);
	database_run(f.path, "UPDATE abandoned_chats SET owner = NULL");
	store_abandoned_batch_init(&b, "c");
	assert_true(due(f.store) > clock_wall_ms());
	assert_int_equal(next(&f, f.store, &b), 0);
	database_run(f.path, "UPDATE abandoned_chats SET due_at = 5");
	assert_int_equal(next(&f, f.store, &b), 1);
}

static void what_fails_is_tried_later_a_few_times(void **state)
{
	struct fixture f = begin(*state);
	struct abandoned_batch b;

	release(f.store, "x");
	store_abandoned_batch_init(&b, "c");
	for (int tries = 1; tries < 5; tries++) {
		assert_int_equal(next(&f, f.store, &b), 1);
		assert_int_equal(next(&f, f.store, &b), 0);
		assert_true(b.retry_ms > clock_wall_ms());
		assert_true(due(f.store) > clock_wall_ms());
		assert_int_equal(database_int(f.path, "SELECT tries FROM "
						      "abandoned_chats"),
				 tries);
		database_run(f.path, "UPDATE abandoned_chats SET due_at = 5");
	}
	assert_int_equal(next(&f, f.store, &b), 1);
	assert_int_equal(next(&f, f.store, &b), 0);
	assert_int_equal(count(&f), 0);
}

/* The clock was set back since: no pause is as long. */
static void one_that_is_due_too_late_is_due(void **state)
{
	struct fixture f = begin(*state);
	struct abandoned_batch b;

	release(f.store, "x");
	store_abandoned_batch_init(&b, "c");
	database_run(f.path, "UPDATE abandoned_chats SET "
			     "due_at = due_at + 5 * 3600000");
	assert_true(due(f.store) > clock_wall_ms());
	assert_int_equal(next(&f, f.store, &b), 0);
	database_run(f.path, "UPDATE abandoned_chats SET "
			     "due_at = due_at + 2 * 3600000");
	assert_int_equal(due(f.store), 0);
	assert_int_equal(next(&f, f.store, &b), 1);
}

static void many_come_in_batches(void **state)
{
	struct fixture f = begin(*state);
	struct abandoned_batch b;

	for (int i = 0; i < ABANDONED_BATCH + 3; i++)
		release(f.store, arena_printf(*state, "%d", i));
	store_abandoned_batch_init(&b, "c");
	assert_int_equal(next(&f, f.store, &b), ABANDONED_BATCH);
	for (size_t i = 0; i < b.n; i++)
		b.chats[i].gone = true;
	assert_int_equal(next(&f, f.store, &b), 3);
	assert_int_equal(count(&f), 3);
}

static void the_oldest_are_forgotten(void **state)
{
	struct fixture f = begin(*state);
	struct abandoned_batch b;

	release(f.store, "x");
	database_run(f.path, "UPDATE abandoned_chats SET credential = 'd', "
			     "noted_at = noted_at - 29 * 86400000");
	store_abandoned_batch_init(&b, "c");
	next(&f, f.store, &b);
	assert_int_equal(count(&f), 1);
	database_run(f.path, "UPDATE abandoned_chats SET "
			     "noted_at = noted_at - 2 * 86400000");
	next(&f, f.store, &b);
	assert_int_equal(count(&f), 0);
}

#define CONVERSATION(assignment) "UPDATE conversations SET " assignment

/* Whoever changes a conversation, its chats are noted or not. */
static void a_conversation_takes_and_leaves_chats(void **state)
{
	struct fixture f = begin(*state);
	static const struct {
		const char *sql, *noted;
	} steps[] = {
		{ CONVERSATION("credential = 'c', chat = 'x'"), NULL },
		{ CONVERSATION("credential = 'c', chat = 'x'"), NULL },
		{ CONVERSATION("credential = 'd', chat = 'y'"), "c x" },
		{ CONVERSATION("credential = 'c', chat = 'x'"), "d y" },
		{ CONVERSATION("credential = NULL, chat = NULL"), "c x,d y" },
		{ CONVERSATION("credential = 'd', chat = 'y'"), "c x" },
		{ "DELETE FROM conversations", "c x,d y" },
	};

	database_run(f.path, "INSERT INTO keys (id, fingerprint, label, "
			     "created_at) VALUES (1, 'k', 'l', 0);"
			     "INSERT INTO conversations (key_id, name, "
			     "created_at, updated_at) VALUES (1, 'n', 0, 0)");
	release(f.store, "x");
	for (size_t i = 0; i < COUNT(steps); i++) {
		const char *noted;

		database_run(f.path, steps[i].sql);
		noted = database_text(*state, f.path,
				      "SELECT group_concat(credential || ' ' "
				      "|| chat) FROM abandoned_chats");
		if (steps[i].noted == NULL)
			assert_null(noted);
		else
			assert_string_equal(noted, steps[i].noted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_is_deleted_by_one_process),
		TEST(a_dead_process_leaves_its_chats),
		TEST(one_without_an_owner_is_used_for_a_while),
		TEST(what_fails_is_tried_later_a_few_times),
		TEST(one_that_is_due_too_late_is_due),
		TEST(many_come_in_batches),
		TEST(the_oldest_are_forgotten),
		TEST(a_conversation_takes_and_leaves_chats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
