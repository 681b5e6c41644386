/* SPDX-License-Identifier: MIT */
/* What is too old or too much is deleted, in steps that nobody waits for. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/conversations.h"
#include "store/retention.h"
#include "store/stream_log.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/turns.h"

#define DAY (24 * 60 * 60 * INT64_C(1000))
#define HOUR (60 * 60 * INT64_C(1000))

static const struct store_retention thirty_days = { .keep_ms = 30 * DAY };

/* Everything that is there so far becomes older. */
static void pass(struct turns *f, int64_t ms)
{
	database_run(f->path,
		     arena_printf(f->arena,
				  "UPDATE requests SET started_at = started_at "
				  "- %lld; UPDATE conversations SET updated_at "
				  "= updated_at - %lld; UPDATE files SET "
				  "created_at = created_at - %lld",
				  (long long)ms, (long long)ms, (long long)ms));
}

static int64_t prune_by(struct turns *f, const struct store_retention *r)
{
	struct error e;
	struct store_prune_result result;

	if (!store_prune_all(f->store, r, NULL, NULL, &result, &e))
		fail_msg("%s", e.message);
	database_assert_sound(f->arena, f->path);
	database_assert_counted(f->arena, f->path);
	return result.rows;
}

static int64_t prune(struct turns *f)
{
	return prune_by(f, &thirty_days);
}

static int64_t n(const struct turns *f, const char *of)
{
	return database_int(
		f->path, arena_printf(f->arena, "SELECT count(*) FROM %s", of));
}

static void play_alone(struct turns *f, const char *request, const char *reply)
{
	struct store_turn *t = turns_opened(f, request, NULL);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, reply);

	turns_close(f, t, &o);
}

/* Without contents. */
static void add_files(struct turns *f, int files)
{
	for (int i = 0; i < files; i++)
		database_run(f->path,
			     "INSERT INTO file_contents (key_id, sha256, size) "
			     "VALUES (1, hex(randomblob(8)), 0); INSERT INTO "
			     "files (id, key_id, content_id, name, type, "
			     "purpose, created_at) SELECT 'file-' || max(id), "
			     "1, max(id), 'n', 't', 'p', unixepoch() * 1000 "
			     "FROM file_contents; UPDATE keys SET kept = kept "
			     "+ 256 + 2");
}

static void replies_go_when_they_are_too_old(void **state)
{
	struct turns f = turns_begin(*state);

	play_alone(&f, "r1", "a canary of the past");
	pass(&f, 31 * DAY);
	play_alone(&f, "r2", "a new reply");
	prune(&f);
	assert_int_equal(n(&f, "messages"), 1);
	assert_int_equal(n(&f, "requests"), 2);
	assert_false(turns_file_holds(&f, "canary"));
	assert_true(turns_file_holds(&f, "a new reply"));
}

static void without_the_owner_s_word_everything_stays(void **state)
{
	static const struct store_retention for_ever;
	struct turns f = turns_begin(*state);

	play_alone(&f, "r1", "reply");
	turns_play(&f, "r2", 0, "says", "reply");
	turns_store(&f, "resp_1", NULL, NULL, "says", "reply");
	pass(&f, 3000 * DAY);
	assert_int_equal(prune_by(&f, &for_ever), 0);
}

/* The clock was wrong for some time. */
static void what_is_of_the_future_is_as_old_as_what_came_after_it(void **state)
{
	struct turns f = turns_begin(*state);

	play_alone(&f, "r1", "reply");
	play_alone(&f, "r2", "reply");
	add_files(&f, 2);
	pass(&f, -365 * DAY);
	prune(&f);
	assert_int_equal(n(&f, "messages"), 2);
	assert_int_equal(n(&f, "files"), 2);
	play_alone(&f, "r3", "reply");
	add_files(&f, 1);
	prune(&f);
	assert_int_equal(n(&f, "messages"), 3);
	assert_int_equal(n(&f, "files"), 3);
	database_run(f.path,
		     "UPDATE requests SET started_at = 0 WHERE id = 'r3'; "
		     "UPDATE files SET created_at = 0 WHERE seq = 3");
	prune(&f);
	assert_int_equal(n(&f, "messages"), 0);
	assert_int_equal(n(&f, "files"), 0);
}

static void usage_stays_and_error_texts_go(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", NULL);
	struct store_outcome o = turns_outcome(*state, STORE_FAILED, "part");
	struct error why;

	error_set(&why, ERROR_UPSTREAM, "a canary in an error");
	o.error = &why;
	turns_close(&f, t, &o);
	database_run(f.path,
		     "INSERT INTO attempts (request_seq, number, choice, "
		     "credential, service, began_ms, end_ms, words) VALUES "
		     "(1, 1, 0, 'c', 'web', 0, 1, 'a canary of Kimi')");
	pass(&f, 31 * DAY);
	prune(&f);
	assert_string_equal(database_text(*state, f.path,
					  "SELECT error_kind || ifnull(error, "
					  "'') FROM requests"),
			    "upstream");
	assert_int_equal(n(&f, "attempts WHERE words IS NULL"), 1);
	assert_false(turns_file_holds(&f, "canary"));
}

static void a_conversation_is_as_old_as_its_last_turn(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "first", "reply one");
	pass(&f, 31 * DAY);
	turns_play(&f, "r2", 2, "second", "reply two");
	prune(&f);
	assert_int_equal(n(&f, "messages"), 4);
	pass(&f, 31 * DAY);
	prune(&f);
	assert_int_equal(n(&f, "messages"), 0);
	assert_int_equal(n(&f, "conversations"), 0);
	assert_int_equal(n(&f, "requests"), 2);
	/* Its chat at Kimi is to be deleted, too. */
	assert_int_equal(n(&f, "abandoned_chats"), 1);
}

static void one_in_which_a_turn_runs_stays(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "reply");

	turns_play(&f, "r1", 0, "first", "reply");
	pass(&f, 31 * DAY);
	t = turns_opened(&f, "r2", "c");
	prune(&f);
	assert_int_equal(n(&f, "messages"), 2);
	o.history.kept = 2;
	o.request = turns_request(*state, t, 2, "second");
	turns_close(&f, t, &o);
	prune(&f);
	assert_int_equal(n(&f, "messages"), 4);
}

static void a_long_one_is_gone_for_its_client_at_once(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c;
	struct error e;

	turns_play(&f, "r1", 0, "first", "reply");
	database_run(f.path,
		     "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT "
		     "i + 1 FROM n WHERE i < 350) INSERT INTO messages (uid, "
		     "conversation_id, reply, role, content, created_at, size) "
		     "SELECT 'uid' || i, 1, 0, 'user', 'text', 0, 260 FROM n; "
		     "UPDATE keys SET kept = kept + 350 * 260");
	pass(&f, 31 * DAY);
	store_prune(f.store, &thirty_days);
	assert_false(
		store_conversation_find(f.store, "k", "c", &c, *state, &e));
	assert_true(n(&f, "messages") > 200);
	database_assert_counted(*state, f.path);
	/* The name is free for another one. */
	turns_play(&f, "r2", 0, "anew", "reply");
	prune(&f);
	assert_int_equal(n(&f, "messages"), 2);
	assert_true(store_conversation_find(f.store, "k", "c", &c, *state, &e));
}

static void responses_go_with_the_last_that_continues_them(void **state)
{
	struct turns f = turns_begin(*state);

	turns_store(&f, "resp_1", NULL, NULL, "one", "1");
	turns_store(&f, "resp_2", NULL, "resp_1", "two", "2");
	turns_store(&f, "resp_other", NULL, "resp_1", "else", "!");
	pass(&f, 31 * DAY);
	turns_store(&f, "resp_3", NULL, "resp_2", "three", "3");
	prune(&f);
	turns_not_found(&f, "k", "resp_other");
	assert_string_equal(turns_response(&f, "resp_3").previous, "resp_2");
	assert_string_equal(turns_response(&f, "resp_2").previous, "resp_1");
	pass(&f, 31 * DAY);
	prune(&f);
	turns_not_found(&f, "k", "resp_1");
	turns_not_found(&f, "k", "resp_3");
	assert_int_equal(n(&f, "messages"), 0);
	assert_int_equal(n(&f, "stored_responses"), 0);
}

static void one_that_continues_a_conversation_outlives_it(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_store(&f, "resp_1", "c", NULL, "one", "1");
	pass(&f, 31 * DAY);
	turns_store(&f, "resp_2", NULL, "resp_1", "two", "2");
	prune(&f);
	turns_not_found(&f, "k", "resp_1");
	assert_null(turns_response(&f, "resp_2").previous);
	t = turns_store_open(&f, "resp_3", NULL, "resp_2");
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "two|2");
}

static void their_stream_logs_go_too(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct error e;

	for (int i = 0; i < 250; i++)
		assert_true(store_stream_log_add(f.store, t->row, "batch", &e));
	assert_true(turns_end(&f, t, STORE_DONE, "says", "reply", &e));
	pass(&f, 31 * DAY);
	store_prune(f.store, &thirty_days);
	turns_not_found(&f, "k", "resp_1");
	assert_true(n(&f, "stream_logs") > 0);
	database_assert_counted(*state, f.path);
	prune(&f);
	assert_int_equal(n(&f, "stream_logs"), 0);
}

static void files_are_deleted_chunk_by_chunk(void **state)
{
	struct turns f = turns_begin(*state);

	play_alone(&f, "r1", "so that there is a key");
	database_run(f.path,
		     "INSERT INTO file_contents (id, key_id, sha256, size) "
		     "VALUES (1, 1, 'h', 1000); INSERT INTO files (id, key_id, "
		     "content_id, name, type, purpose, created_at) VALUES "
		     "('file-1', 1, 1, 'n', 't', 'p', 0); WITH RECURSIVE n (i) "
		     "AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < "
		     "99) INSERT INTO file_chunks SELECT 1, i, x'00' FROM n;"
		     "UPDATE keys SET kept = kept + 1000 + 256 + 2");
	prune(&f);
	assert_int_equal(n(&f, "file_chunks"), 0);
	assert_int_equal(n(&f, "file_contents"), 0);
	assert_int_equal(n(&f, "files"), 0);
}

static void quarters_go_after_ninety_days_anyway(void **state)
{
	static const struct store_retention for_ever;
	struct turns f = turns_begin(*state);
	const char *sql =
		"CREATE TEMP TABLE q AS SELECT * FROM usage_quarters "
		"LIMIT 1; DELETE FROM usage_quarters; UPDATE q SET in_day = 1;";

	play_alone(&f, "r1", "reply");
	for (int days = 88; days <= 92; days++)
		sql = arena_printf(
			*state,
			"%sUPDATE q SET began_at = (unixepoch() - %d "
			"* 86400) * 1000; INSERT INTO "
			"usage_quarters SELECT * FROM q;",
			sql, days);
	database_run(f.path, sql);
	/* One that is not in the sums of days yet. */
	database_run(f.path, "UPDATE usage_quarters SET in_day = 0 WHERE "
			     "began_at = (SELECT min(began_at) FROM "
			     "usage_quarters)");
	prune_by(&f, &for_ever);
	assert_int_equal(n(&f, "usage_quarters"), 3);
	assert_int_equal(n(&f, "usage_quarters WHERE in_day = 0"), 1);
}

/* About 200 KB each. */
static void fill(struct turns *f, int replies)
{
	char *text = arena_alloc(f->arena, 200001);

	memset(text, 'x', 200000);
	for (int i = 0; i < replies; i++)
		play_alone(f, arena_printf(f->arena, "fill%d", i), text);
}

static int64_t file_size(const struct turns *f)
{
	return database_int(f->path, "SELECT page_count * page_size FROM "
				     "pragma_page_count, pragma_page_size");
}

static void the_oldest_goes_when_it_is_too_much(void **state)
{
	static const struct store_retention small = { .max_bytes = 4000000 };
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "the oldest", "reply");
	pass(&f, DAY);
	fill(&f, 30);
	pass(&f, DAY);
	turns_play(&f, "r2", 0, "the newest", "reply");
	assert_true(file_size(&f) > 6000000);
	prune_by(&f, &small);
	assert_true(file_size(&f) < 4000000 + 1100000);
	assert_true(n(&f, "messages WHERE length(content) > 9999") > 10);
	assert_int_equal(n(&f, "conversations"), 1);
}

static void what_is_of_the_last_hour_stays(void **state)
{
	static const struct store_retention tiny = { .max_bytes = 100000 };
	struct turns f = turns_begin(*state);

	fill(&f, 3);
	prune_by(&f, &tiny);
	assert_int_equal(n(&f, "messages"), 3);
	pass(&f, 2 * HOUR);
	prune_by(&f, &tiny);
	assert_int_equal(n(&f, "messages"), 0);
}

/* A line a day, whichever process says it. */
static void a_database_that_stays_too_large_is_in_the_log(void **state)
{
	static const struct store_retention tiny = { .max_bytes = 100000 };
	struct turns f = turns_begin(*state);
	const char *path = arena_printf(*state, "%s.log", f.path), *said;
	struct store *s = NULL;
	struct log log = { 0 };
	struct error e;
	size_t size;

	fill(&f, 3);
	assert_true(log_open(&log, path, &e));
	for (int i = 0; i < 3; i++) {
		database_run(f.path, "UPDATE pruning SET due_at = 0");
		if (i == 2)
			database_run(f.path, "UPDATE pruning SET told_at = "
					     "told_at - 86400000");
		assert_true(store_open(&s, f.path, &log, STORE_WAIT_MS, &e));
		store_prune(s, &tiny);
		store_close(s);
		said = strstr(files_read(*state, path, &size), "KIMI_MAX_DB");
		assert_non_null(said);
		said = strstr(said + 1, "KIMI_MAX_DB");
		assert_int_equal(said != NULL, i == 2);
	}
	log_close(&log);
}

static void a_step_is_half_a_megabyte(void **state)
{
	struct turns f = turns_begin(*state);

	fill(&f, 20);
	pass(&f, 31 * DAY);
	store_prune(f.store, &thirty_days);
	assert_in_range(n(&f, "messages"), 16, 18);
}

static void or_a_hundred_rows(void **state)
{
	struct turns f = turns_begin(*state);

	for (int i = 0; i < 150; i++)
		play_alone(&f, arena_printf(*state, "r%d", i), "short");
	pass(&f, 31 * DAY);
	store_prune(f.store, &thirty_days);
	assert_int_equal(n(&f, "messages"), 50);
}

static void steps_are_taken_one_after_the_other(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t left;

	fill(&f, 20);
	pass(&f, 31 * DAY);
	assert_true(store_prune_is_due(f.store));
	store_prune(f.store, &thirty_days);
	left = n(&f, "messages");
	assert_true(left < 20);
	store_prune(f.store, &thirty_days);
	assert_int_equal(n(&f, "messages"), left);
	assert_false(store_prune_is_due(f.store));
	clock_sleep_ms(150);
	store_prune(f.store, &thirty_days);
	assert_true(n(&f, "messages") < left);
}

/* Who has the file, or needs what is in the log, is not disturbed. */
static void a_step_waits_for_nobody(void **state)
{
	struct turns f = turns_begin(*state);
	sqlite3 *other = NULL;
	int64_t began;

	play_alone(&f, "r1", "reply");
	pass(&f, 31 * DAY);
	assert_int_equal(sqlite3_open(f.path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	began = clock_ms();
	store_prune(f.store, &thirty_days);
	assert_true(clock_ms() - began < 1000);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(n(&f, "messages"), 1);
	clock_sleep_ms(150);
	store_prune(f.store, &thirty_days);
	assert_int_equal(n(&f, "messages"), 0);
}

static void a_long_log_is_not_made_longer(void **state)
{
	struct turns f = turns_begin(*state);
	sqlite3 *reader = NULL;

	play_alone(&f, "r1", "reply");
	assert_int_equal(sqlite3_open(f.path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader,
				      "BEGIN; SELECT count(*) FROM requests",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	fill(&f, 90);
	pass(&f, 31 * DAY);
	store_prune(f.store, &thirty_days);
	assert_int_equal(n(&f, "messages"), 91);
	sqlite3_close(reader);
	prune(&f);
	assert_int_equal(n(&f, "messages"), 0);
}

static void the_log_is_emptied_when_its_reader_has_gone(void **state)
{
	struct turns f = turns_begin(*state);
	sqlite3 *reader = NULL;

	play_alone(&f, "r1", "a canary");
	pass(&f, 31 * DAY);
	assert_int_equal(sqlite3_open(f.path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader,
				      "BEGIN; SELECT count(*) FROM requests",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	store_prune(f.store, &thirty_days);
	assert_int_equal(n(&f, "messages"), 0);
	assert_true(turns_file_holds(&f, "canary"));
	sqlite3_close(reader);
	clock_sleep_ms(1100);
	store_prune(f.store, &thirty_days);
	assert_false(turns_file_holds(&f, "canary"));
}

/* The next one may have nothing to delete, and not know of it. */
static void so_it_is_by_a_process_that_ends_after_a_step(void **state)
{
	struct turns f = turns_begin(*state);

	for (int i = 0; i < 100; i++)
		play_alone(&f, arena_printf(*state, "r%d", i), "canary");
	pass(&f, 31 * DAY);
	store_empty_log(f.store);
	store_prune(f.store, &thirty_days);
	assert_int_equal(n(&f, "messages"), 0);
	assert_true(turns_file_holds(&f, "canary"));
	store_leave(f.store);
	assert_false(turns_file_holds(&f, "canary"));
}

static void the_file_becomes_smaller(void **state)
{
	struct turns f = turns_begin(*state);

	assert_int_equal(database_int(f.path, "PRAGMA auto_vacuum"), 2);
	fill(&f, 40);
	assert_true(file_size(&f) > 8000000);
	pass(&f, 31 * DAY);
	prune(&f);
	assert_true(file_size(&f) < 2000000);
}

static void what_would_go_can_be_counted(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_pruned p;
	struct error e;

	play_alone(&f, "r1", "reply");
	turns_play(&f, "r2", 0, "says", "reply");
	pass(&f, 31 * DAY);
	play_alone(&f, "r3", "reply");
	assert_true(store_prune_count(f.store, &thirty_days, &p, &e));
	assert_int_equal(p.requests, 1);
	assert_int_equal(p.conversations, 1);
	assert_int_equal(p.files, 0);
	assert_int_equal(n(&f, "messages"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replies_go_when_they_are_too_old),
		TEST(without_the_owner_s_word_everything_stays),
		TEST(what_is_of_the_future_is_as_old_as_what_came_after_it),
		TEST(usage_stays_and_error_texts_go),
		TEST(a_conversation_is_as_old_as_its_last_turn),
		TEST(one_in_which_a_turn_runs_stays),
		TEST(a_long_one_is_gone_for_its_client_at_once),
		TEST(responses_go_with_the_last_that_continues_them),
		TEST(one_that_continues_a_conversation_outlives_it),
		TEST(their_stream_logs_go_too),
		TEST(files_are_deleted_chunk_by_chunk),
		TEST(quarters_go_after_ninety_days_anyway),
		TEST(the_oldest_goes_when_it_is_too_much),
		TEST(what_is_of_the_last_hour_stays),
		TEST(a_database_that_stays_too_large_is_in_the_log),
		TEST(a_step_is_half_a_megabyte),
		TEST(or_a_hundred_rows),
		TEST(steps_are_taken_one_after_the_other),
		TEST(a_step_waits_for_nobody),
		TEST(a_long_log_is_not_made_longer),
		TEST(the_log_is_emptied_when_its_reader_has_gone),
		TEST(so_it_is_by_a_process_that_ends_after_a_step),
		TEST(the_file_becomes_smaller),
		TEST(what_would_go_can_be_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
