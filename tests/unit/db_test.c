/* SPDX-License-Identifier: MIT */
/* The database file: statements, modes, transactions. */
#include "tests/unit/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db_internal.h"
#include "store/slots.h"
#include "store/usage_digest_internal.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"

static void refused(const char *path)
{
	struct store *s = NULL;
	struct error e = { .kind = ERROR_KINDS };

	assert_false(store_open(&s, path, NULL, STORE_WAIT_MS, &e));
	assert_error(&e, ERROR_SETUP, "");
}

static void a_file_that_is_not_a_database_is_refused(void **state)
{
	const char *folder = files_folder(*state);
	const char *path = arena_printf(*state, "%s/text", folder);

	files_write(path, "this is a text, and longer than a header of SQLite "
			  "so that it is not taken for an empty database\n"
			  "------------------------------------------------\n");
	refused(path);
	refused(folder);
	refused(arena_printf(*state, "%s/no/such/folder/db", folder));
}

static void only_the_owner_can_read_the_files(void **state)
{
	const char *path = database_path(*state);
	static const char *const endings[] = { "", "-wal", "-shm", "-alive" };
	mode_t old = umask(0);
	int64_t slot;
	struct error e;

	assert_true(store_slot_take(database_open(*state, path), "c", 1, &slot,
				    &e));
	umask(old);
	for (size_t i = 0; i < COUNT(endings); i++) {
		struct stat s;

		assert_int_equal(
			stat(arena_printf(*state, "%s%s", path, endings[i]),
			     &s),
			0);
		assert_int_equal(s.st_mode & 0777, 0600);
	}
}

static void its_folder_is_created(void **state)
{
	const char *path =
		arena_printf(*state, "%s/var/kimi.db", files_folder(*state));

	database_open(*state, path);
	assert_int_equal(access(path, R_OK | W_OK), 0);
}

static void every_statement_can_be_prepared(void **state)
{
	struct store *s = database_open(*state, database_path(*state));
	struct error e;
	struct db *db = db_begin(s, DB_READ, &e);

	for (int i = 0; i < DB_STATEMENTS; i++) {
		sqlite3_stmt *statement = NULL;
		const char *rest = NULL;

		if (sqlite3_prepare_v2(db->handle, db_statements[i], -1,
				       &statement, &rest) != SQLITE_OK)
			fail_msg("%s: %s", sqlite3_errmsg(db->handle),
				 db_statements[i]);
		assert_int_equal(strspn(rest, " \n\t"), strlen(rest));
		sqlite3_finalize(statement);
	}
	db_abandon(s, db);
}

/* A column of what EXPLAIN tells about a statement. */
static const char *told(struct arena *a, const char *path, const char *explain,
			int column, enum db_statement which)
{
	const char *sql =
		arena_printf(a, "%s %s", explain, db_statements[which]);
	const char *all = "";
	sqlite3_stmt *s = NULL;
	sqlite3 *handle;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(lease_add_functions(NULL, handle), SQLITE_OK);
	assert_int_equal(usage_digest_add_function(handle), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &s, NULL),
			 SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW)
		all = arena_printf(a, "%s %s;", all,
				   (const char *)sqlite3_column_text(s,
								     column));
	sqlite3_finalize(s);
	sqlite3_close(handle);
	return all;
}

/* The names of the operations that a statement is compiled to. */
static const char *explained(struct arena *a, const char *path,
			     enum db_statement which)
{
	const char *all = told(a, path, "EXPLAIN", 1, which);

	assert_contains(all, "Halt");
	return all;
}

/* x IN (…) and RETURNING would build a B-tree at every run. */
static void hot_statements_build_no_temporary_tables(void **state)
{
	static const enum db_statement hot[] = {
		DB_REQUEST_ADD,
		DB_REQUEST_CLOSE,
		DB_REQUEST_RENEW,
		DB_REQUESTS_DEAD,
		DB_MESSAGE_ADD,
		DB_USAGE_QUARTER_ADD,
		DB_KEY_FIND,
		DB_KEY_KEEP,
		DB_CONVERSATION_ADD,
		DB_CONVERSATION_FIND,
		DB_CONVERSATION_BUSY,
		DB_CONVERSATION_MESSAGES,
		DB_CONVERSATION_UPDATE,
		DB_STORED_RESPONSE_ADD,
		DB_STORED_RESPONSE_MARK,
		DB_STREAM_LOG_NEXT,
		DB_STREAM_LOG_ADD,
		DB_STREAM_LOG_STATE,
		DB_ABANDONED_CHAT_HOLD,
		DB_ABANDONED_CHAT_RELEASE,
		DB_SLOTS_EXPIRE,
		DB_SLOT_ROOM,
		DB_SLOT_ADD,
		DB_SLOT_RENEW,
		DB_SLOT_RELEASE,
		DB_CHECK_SLOT_ROOM,
		DB_CHECK_SLOT_ADD,
		DB_ROTATION_FIND,
		DB_ROTATION_SET,
		DB_CREDENTIAL_STATE,
		DB_CREDENTIAL_TOKENS,
		DB_CREDENTIAL_ACCEPTED,
		DB_CREDENTIAL_NOTE_FIND,
		DB_MODEL_LIST_FIND,
	};
	const char *path = database_path(*state);

	database_open(*state, path);
	for (size_t i = 0; i < COUNT(hot); i++) {
		const char *operations = explained(*state, path, hot[i]);

		assert_null(strstr(operations, "Ephemeral"));
		assert_null(strstr(operations, "Sorter"));
	}
}

/* There may be ten million requests. */
static void screens_of_owners_read_no_whole_table(void **state)
{
	static const enum db_statement screens[] = {
		DB_USAGE_OF_QUARTERS,
		DB_USAGE_OF_DAYS,
		DB_USAGE_OF_NEW_QUARTERS,
		DB_USAGE_OF_NAMES,
		DB_USAGE_OF_CONVERSATIONS,
		DB_USAGE_BUCKETS_OF_DAYS,
		DB_USAGE_BUCKETS_OF_QUARTERS,
		DB_USAGE_BUCKETS_OF_REQUESTS,
		DB_USAGE_TOTALS,
		DB_USAGE_LATENCIES,
		DB_PRICES_MISSING,
		DB_OVERVIEW_RUNNING,
		DB_OVERVIEW_USAGE,
		DB_OVERVIEW_HOURS,
		DB_OVERVIEW_COSTS,
		DB_REQUEST_FIND,
		DB_REQUEST_ATTEMPTS,
		DB_VERIFY_USAGE_NEXT,
		DB_VERIFY_USAGE_QUARTERS,
		DB_VERIFY_USAGE_DAYS,
		DB_VERIFY_USAGE_OLD_DAYS,
	};
	const char *path = database_path(*state);

	database_open(*state, path);
	for (size_t i = 0; i < COUNT(screens); i++) {
		const char *plan =
			told(*state, path, "EXPLAIN QUERY PLAN", 3, screens[i]);

		if (strstr(plan, "SCAN requests;") != NULL ||
		    strstr(plan, "SCAN r;") != NULL ||
		    strstr(plan, "SCAN usage_quarters;") != NULL ||
		    strstr(plan, "SCAN usage_days;") != NULL)
			fail_msg("%s: %s", plan, db_statements[screens[i]]);
	}
}

/* It would grow with all that was ever deleted. */
static void a_cut_lists_no_deleted_responses(void **state)
{
	const char *path = database_path(*state);

	database_open(*state, path);
	assert_null(strstr(explained(*state, path, DB_CONVERSATION_CUT_DELETE),
			   "IdxInsert"));
}

static void every_view_can_be_read(void **state)
{
	const char *path = database_path(*state);

	database_open(*state, path);
	assert_int_equal(
		database_int(
			path,
			database_text(*state, path,
				      "SELECT group_concat('SELECT count(*) "
				      "FROM ' || name, ' UNION ALL ') "
				      "FROM sqlite_schema "
				      "WHERE type = 'view'")),
		0);
}

static void add_key(struct db *db, const char *fingerprint)
{
	struct query q;
	struct error e;

	query_open(&q, db, DB_KEY_ADD);
	query_text(&q, fingerprint);
	query_text(&q, "label");
	query_null(&q);
	query_int(&q, 1);
	query_text(&q, fingerprint);
	assert_true(query_run(&q, &e));
}

static void an_abandoned_transaction_leaves_nothing(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	struct error e;
	struct db *db = db_begin(s, DB_WRITE, &e);

	add_key(db, "a");
	db_abandon(s, db);
	db = db_begin(s, DB_DURABLE, &e);
	add_key(db, "b");
	assert_true(db_commit(s, db, &e));
	assert_string_equal(database_text(*state, path,
					  "SELECT group_concat(fingerprint) "
					  "FROM keys"),
			    "b");
}

static void a_failed_statement_is_reported(void **state)
{
	struct store *s = database_open(*state, database_path(*state));
	struct error e = { .kind = ERROR_KINDS };
	struct db *db = db_begin(s, DB_WRITE, &e);
	struct query q;

	query_open(&q, db, DB_KEY_ADD);
	query_text(&q, NULL);
	query_text(&q, "label");
	query_null(&q);
	query_int(&q, 1);
	query_text(&q, "key_1");
	assert_false(query_run(&q, &e));
	assert_error(&e, ERROR_SETUP, "");
	db_abandon(s, db);
}

static void a_check_finds_a_broken_database(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	struct error e = { .kind = ERROR_KINDS };

	assert_true(store_check(s, 0, &e));
	database_run(path, "DROP TABLE rotation");
	assert_false(store_check(s, 0, &e));
	assert_error(&e, ERROR_SETUP, "");
}

#define THREADS 12
#define ROUNDS 20

struct writer {
	struct store *store;
	int number;
};

static void *write_many(void *ctx)
{
	struct writer *w = ctx;
	struct error e;

	for (int i = 0; i < ROUNDS; i++) {
		struct db *db =
			db_begin(w->store, i % 4 == 0 ? DB_READ : DB_WRITE, &e);
		char name[32];

		if (db == NULL)
			return w;
		snprintf(name, sizeof(name), "%d-%d", w->number, i);
		if (i % 4 != 0)
			add_key(db, name);
		if (!db_commit(w->store, db, &e))
			return w;
	}
	return NULL;
}

/* No write is lost or refused. */
static void many_threads_share_the_store(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	struct writer writers[THREADS];
	pthread_t threads[THREADS];
	void *failed;

	for (int i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){ s, i };
		assert_int_equal(pthread_create(&threads[i], NULL, write_many,
						&writers[i]),
				 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(database_int(path, "SELECT count(*) FROM keys"),
			 THREADS * ROUNDS * 3 / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_that_is_not_a_database_is_refused),
		TEST(only_the_owner_can_read_the_files),
		TEST(its_folder_is_created),
		TEST(every_statement_can_be_prepared),
		TEST(hot_statements_build_no_temporary_tables),
		TEST(screens_of_owners_read_no_whole_table),
		TEST(a_cut_lists_no_deleted_responses),
		TEST(every_view_can_be_read),
		TEST(an_abandoned_transaction_leaves_nothing),
		TEST(a_failed_statement_is_reported),
		TEST(a_check_finds_a_broken_database),
		TEST(many_threads_share_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
