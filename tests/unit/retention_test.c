/* SPDX-License-Identifier: MIT */
/* What is too old or too much is deleted. */
#include "tests/unit/support/test.h"

#include "store/conversations.h"
#include "store/stream_log.h"
#include "tests/unit/support/retention.h"

#define HOUR (60 * 60 * INT64_C(1000))

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

	retention_play(&f, "r1", "a canary of the past");
	retention_pass(&f, 31 * RETENTION_DAY);
	retention_play(&f, "r2", "a new reply");
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 1);
	assert_int_equal(retention_rows(&f, "requests"), 2);
	assert_false(turns_file_holds(&f, "canary"));
	assert_true(turns_file_holds(&f, "a new reply"));
}

static void without_the_owner_s_word_everything_stays(void **state)
{
	static const struct store_retention for_ever;
	struct turns f = turns_begin(*state);

	retention_play(&f, "r1", "reply");
	turns_play(&f, "r2", 0, "says", "reply");
	turns_store(&f, "resp_1", NULL, NULL, "says", "reply");
	retention_pass(&f, 3000 * RETENTION_DAY);
	assert_int_equal(retention_prune_by(&f, &for_ever), 0);
}

/* The clock was wrong for some time. */
static void what_is_of_the_future_is_as_old_as_what_came_after_it(void **state)
{
	struct turns f = turns_begin(*state);

	retention_play(&f, "r1", "reply");
	retention_play(&f, "r2", "reply");
	add_files(&f, 2);
	retention_pass(&f, -365 * RETENTION_DAY);
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 2);
	assert_int_equal(retention_rows(&f, "files"), 2);
	retention_play(&f, "r3", "reply");
	add_files(&f, 1);
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 3);
	assert_int_equal(retention_rows(&f, "files"), 3);
	database_run(f.path,
		     "UPDATE requests SET started_at = 0 WHERE id = 'r3'; "
		     "UPDATE files SET created_at = 0 WHERE seq = 3");
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 0);
	assert_int_equal(retention_rows(&f, "files"), 0);
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
	database_run(
		f.path,
		"INSERT INTO listed_attempts (request_seq, number, choice, "
		"credential, service, began_ms, end_ms, words) VALUES "
		"(1, 1, 0, 'c', 'web', 0, 1, 'a canary of Kimi')");
	retention_pass(&f, 31 * RETENTION_DAY);
	retention_prune(&f);
	assert_string_equal(database_text(*state, f.path,
					  "SELECT error_kind || ifnull(error, "
					  "'') FROM requests"),
			    "upstream");
	assert_int_equal(retention_rows(&f, "attempts WHERE words IS NULL"), 1);
	assert_false(turns_file_holds(&f, "canary"));
}

static void a_conversation_is_as_old_as_its_last_turn(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "first", "reply one");
	retention_pass(&f, 31 * RETENTION_DAY);
	turns_play(&f, "r2", 2, "second", "reply two");
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 4);
	retention_pass(&f, 31 * RETENTION_DAY);
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 0);
	assert_int_equal(retention_rows(&f, "conversations"), 0);
	assert_int_equal(retention_rows(&f, "requests"), 2);
	/* Its chat at Kimi is to be deleted, too. */
	assert_int_equal(retention_rows(&f, "abandoned_chats"), 1);
}

static void one_in_which_a_turn_runs_stays(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "reply");

	turns_play(&f, "r1", 0, "first", "reply");
	retention_pass(&f, 31 * RETENTION_DAY);
	t = turns_opened(&f, "r2", "c");
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 2);
	o.history.kept = 2;
	o.request = turns_request(*state, t, 2, "second");
	turns_close(&f, t, &o);
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 4);
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
	retention_pass(&f, 31 * RETENTION_DAY);
	store_prune(f.store, &retention_thirty_days);
	assert_false(
		store_conversation_find(f.store, "k", "c", &c, *state, &e));
	assert_true(retention_rows(&f, "messages") > 200);
	database_assert_counted(*state, f.path);
	/* The name is free for another one. */
	turns_play(&f, "r2", 0, "anew", "reply");
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 2);
	assert_true(store_conversation_find(f.store, "k", "c", &c, *state, &e));
}

static void responses_go_with_the_last_that_continues_them(void **state)
{
	struct turns f = turns_begin(*state);

	turns_store(&f, "resp_1", NULL, NULL, "one", "1");
	turns_store(&f, "resp_2", NULL, "resp_1", "two", "2");
	turns_store(&f, "resp_other", NULL, "resp_1", "else", "!");
	retention_pass(&f, 31 * RETENTION_DAY);
	turns_store(&f, "resp_3", NULL, "resp_2", "three", "3");
	retention_prune(&f);
	turns_not_found(&f, "k", "resp_other");
	assert_string_equal(turns_response(&f, "resp_3").previous, "resp_2");
	assert_string_equal(turns_response(&f, "resp_2").previous, "resp_1");
	retention_pass(&f, 31 * RETENTION_DAY);
	retention_prune(&f);
	turns_not_found(&f, "k", "resp_1");
	turns_not_found(&f, "k", "resp_3");
	assert_int_equal(retention_rows(&f, "messages"), 0);
	assert_int_equal(retention_rows(&f, "stored_responses"), 0);
}

static void one_that_continues_a_conversation_outlives_it(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_store(&f, "resp_1", "c", NULL, "one", "1");
	retention_pass(&f, 31 * RETENTION_DAY);
	turns_store(&f, "resp_2", NULL, "resp_1", "two", "2");
	retention_prune(&f);
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
	retention_pass(&f, 31 * RETENTION_DAY);
	store_prune(f.store, &retention_thirty_days);
	turns_not_found(&f, "k", "resp_1");
	assert_true(retention_rows(&f, "stream_logs") > 0);
	database_assert_counted(*state, f.path);
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "stream_logs"), 0);
}

static void files_are_deleted_chunk_by_chunk(void **state)
{
	struct turns f = turns_begin(*state);

	retention_play(&f, "r1", "so that there is a key");
	database_run(f.path,
		     "INSERT INTO file_contents (id, key_id, sha256, size) "
		     "VALUES (1, 1, 'h', 1000); INSERT INTO files (id, key_id, "
		     "content_id, name, type, purpose, created_at) VALUES "
		     "('file-1', 1, 1, 'n', 't', 'p', 0); WITH RECURSIVE n (i) "
		     "AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < "
		     "99) INSERT INTO file_chunks SELECT 1, i, x'00' FROM n;"
		     "UPDATE keys SET kept = kept + 1000 + 256 + 2");
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "file_chunks"), 0);
	assert_int_equal(retention_rows(&f, "file_contents"), 0);
	assert_int_equal(retention_rows(&f, "files"), 0);
}

static void quarters_go_after_ninety_days_anyway(void **state)
{
	static const struct store_retention for_ever;
	struct turns f = turns_begin(*state);
	const char *sql =
		"CREATE TEMP TABLE q AS SELECT * FROM usage_quarters "
		"LIMIT 1; DELETE FROM usage_quarters; UPDATE q SET in_day = 1;";

	retention_play(&f, "r1", "reply");
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
	retention_prune_by(&f, &for_ever);
	assert_int_equal(retention_rows(&f, "usage_quarters"), 3);
	assert_int_equal(retention_rows(&f, "usage_quarters WHERE in_day = 0"),
			 1);
}

static void the_oldest_goes_when_it_is_too_much(void **state)
{
	static const struct store_retention small = { .max_bytes = 4000000 };
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "the oldest", "reply");
	retention_pass(&f, RETENTION_DAY);
	retention_fill(&f, 30);
	retention_pass(&f, RETENTION_DAY);
	turns_play(&f, "r2", 0, "the newest", "reply");
	assert_true(retention_file_size(&f) > 6000000);
	retention_prune_by(&f, &small);
	assert_true(retention_file_size(&f) < 4000000 + 1100000);
	assert_true(retention_rows(
			    &f, "messages WHERE length(content) > 9999") > 10);
	assert_int_equal(retention_rows(&f, "conversations"), 1);
}

static void what_is_of_the_last_hour_stays(void **state)
{
	static const struct store_retention tiny = { .max_bytes = 100000 };
	struct turns f = turns_begin(*state);

	retention_fill(&f, 3);
	retention_prune_by(&f, &tiny);
	assert_int_equal(retention_rows(&f, "messages"), 3);
	retention_pass(&f, 2 * HOUR);
	retention_prune_by(&f, &tiny);
	assert_int_equal(retention_rows(&f, "messages"), 0);
}

static void what_would_go_can_be_counted(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_pruned p;
	struct error e;

	retention_play(&f, "r1", "reply");
	turns_play(&f, "r2", 0, "says", "reply");
	retention_pass(&f, 31 * RETENTION_DAY);
	retention_play(&f, "r3", "reply");
	assert_true(store_prune_count(f.store, &retention_thirty_days, &p, &e));
	assert_int_equal(p.requests, 1);
	assert_int_equal(p.conversations, 1);
	assert_int_equal(p.files, 0);
	assert_int_equal(retention_rows(&f, "messages"), 4);
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
		TEST(what_would_go_can_be_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
