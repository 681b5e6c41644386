/* SPDX-License-Identifier: MIT */
/* The database file: migrations, statements, modes, transactions. */
#include "tests/unit/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db_internal.h"
#include "store/turn_open.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"

static int newest(void)
{
	int n = 0;

	while (db_migrations[n] != NULL)
		n++;
	return n;
}

/* A file as the program of that schema version left it. */
static const char *old_file(struct arena *a, int version)
{
	const char *path = database_path(a);

	for (int i = 0; i < version; i++)
		database_run(path, db_migrations[i]);
	database_run(path,
		     arena_printf(a, "PRAGMA user_version = %d", version));
	return path;
}

static const char *schema_of(struct arena *a, const char *path)
{
	return database_text(a, path,
			     "SELECT group_concat(sql, ';') FROM "
			     "(SELECT sql FROM sqlite_schema ORDER BY name)");
}

static void every_older_version_ends_in_the_newest_schema(void **state)
{
	const char *fresh = database_path(*state);

	database_open(*state, fresh);
	assert_int_equal(database_int(fresh, "PRAGMA user_version"), newest());
	for (int version = 0; version <= newest(); version++) {
		const char *path = old_file(*state, version);

		database_open(*state, path);
		assert_int_equal(database_int(path, "PRAGMA user_version"),
				 newest());
		assert_string_equal(schema_of(*state, path),
				    schema_of(*state, fresh));
	}
}

static void rows_of_an_older_version_stay(void **state)
{
	const char *path = old_file(*state, 1);

	database_run(path, "INSERT INTO keys (fingerprint, label, created_at) "
			   "VALUES ('f', 'l', 1)");
	database_open(*state, path);
	assert_int_equal(database_int(path, "SELECT count(*) FROM keys"), 1);
}

/* Conversation 1 has two turns, one of them with a history sent along, and a
 * failed one; request 4 had none. */
static const char version_4_rows[] =
	"INSERT INTO keys VALUES (1, 'k', 'key', 1);"
	"INSERT INTO conversations (id, key_id, name, created_at, updated_at) "
	"VALUES (1, 1, 'c', 1, 2);"
	"INSERT INTO requests (seq, id, key_id, conversation_id, dialect, "
	"model, stream, status, lease_until, started_at) VALUES "
	"(1, 'r1', 1, 1, 'd', 'm', 0, 'done', 0, 1), "
	"(2, 'r2', 1, 1, 'd', 'm', 0, 'done', 0, 1), "
	"(3, 'r3', 1, 1, 'd', 'm', 0, 'failed', 0, 1), "
	"(4, 'r4', 1, NULL, 'd', 'n', 0, 'done', 0, 1);"
	"INSERT INTO messages (id, request_seq, conversation_id, role, "
	"content, reasoning, citations, replay, created_at) VALUES "
	"(1, 1, 1, 'user', 'one', NULL, NULL, NULL, 1), "
	"(2, 1, 1, 'assistant', 'sent along', NULL, NULL, NULL, 1), "
	"(3, 1, 1, 'user', 'two', NULL, NULL, NULL, 1), "
	"(4, 1, 1, 'assistant', 'first', 'thoughts', "
	"'[{\"url\":\"u\",\"title\":\"t\"}]', 'key of it', 1), "
	"(6, 2, 1, 'user', 'three', NULL, NULL, NULL, 1), "
	"(7, 2, 1, 'assistant', 'second', NULL, NULL, NULL, 1), "
	"(8, 3, NULL, 'assistant', 'part', NULL, NULL, NULL, 1), "
	"(9, 4, NULL, 'assistant', 'alone', NULL, NULL, NULL, 1)";

static void messages_of_version_4_get_names_and_stay(void **state)
{
	const char *path = old_file(*state, 4);
	struct store_turn *t = database_turn(*state, "r5", "c");
	struct store *s;
	struct error e;

	database_run(path, version_4_rows);
	s = database_open(*state, path);
	assert_string_equal(
		database_text(*state, path,
			      "SELECT group_concat(id || content || answer) "
			      "FROM messages"),
		"1one0,2sent along0,3two0,4first1,6three0,7second1,8part1,"
		"9alone1");
	assert_int_equal(database_int(path, "SELECT count(DISTINCT uid) "
					    "FROM messages "
					    "WHERE length(uid) = 24"),
			 7);
	assert_int_equal(database_int(path, "SELECT id FROM messages "
					    "WHERE uid IS NULL"),
			 9);
	assert_string_equal(database_text(*state, path,
					  "SELECT turns || messages || model "
					  "FROM v_sessions"),
			    "26m");
	assert_int_equal(database_int(path, "SELECT count(*) FROM v_messages"),
			 8);
	assert_true(store_turn_open(s, t, *state, &e));
	assert_int_equal(t->n_messages, 6);
	assert_string_equal(t->messages[3].reasoning, "thoughts");
	assert_int_equal(t->messages[3].n_cited, 1);
	assert_string_equal(t->messages[3].cited[0].citation.url, "u");
	assert_int_equal(t->messages[3].cited[0].offset, 0);
	assert_null(database_text(*state, path, "PRAGMA foreign_key_check"));
	assert_string_equal(
		database_text(*state, path, "PRAGMA integrity_check"), "ok");
}

static void refused(const char *path)
{
	struct store *s = NULL;
	struct error e = { .kind = ERROR_KINDS };

	assert_false(store_open(&s, path, &e));
	assert_error(&e, ERROR_SETUP, "");
}

static void a_newer_version_is_refused_and_left_alone(void **state)
{
	const char *path = old_file(*state, newest());

	database_run(path, arena_printf(*state, "PRAGMA user_version = %d",
					newest() + 1));
	refused(path);
	assert_int_equal(database_int(path, "PRAGMA user_version"),
			 newest() + 1);
}

static void a_migration_that_fails_changes_nothing(void **state)
{
	const char *path = old_file(*state, 1);

	database_run(path, "CREATE VIEW v_messages AS SELECT 1");
	refused(path);
	assert_int_equal(database_int(path, "PRAGMA user_version"), 1);
	assert_int_equal(database_int(path, "SELECT count(*) FROM "
					    "sqlite_schema WHERE "
					    "name = 'v_sessions'"),
			 0);
}

static void what_is_no_database_is_refused(void **state)
{
	const char *folder = files_folder(*state);
	const char *path = arena_printf(*state, "%s/text", folder);

	files_write(path, "this is a text, and longer than a header of SQLite "
			  "so that nobody takes it for an empty database\n"
			  "------------------------------------------------\n");
	refused(path);
	refused(folder);
	refused(arena_printf(*state, "%s/no/such/folder/db", folder));
}

static void files_are_for_their_owner_only(void **state)
{
	const char *path = database_path(*state);
	static const char *const endings[] = { "", "-wal", "-shm" };
	mode_t old = umask(0);

	database_open(*state, path);
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

static void its_folder_is_made(void **state)
{
	const char *path =
		arena_printf(*state, "%s/var/kimi.db", files_folder(*state));

	database_open(*state, path);
	assert_int_equal(access(path, R_OK | W_OK), 0);
}

static void every_statement_prepares(void **state)
{
	const char *path = database_path(*state);
	sqlite3 *handle;

	database_open(*state, path);
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	for (int i = 0; i < DB_STATEMENTS; i++) {
		sqlite3_stmt *statement = NULL;
		const char *rest = NULL;

		if (sqlite3_prepare_v2(handle, db_statements[i], -1, &statement,
				       &rest) != SQLITE_OK)
			fail_msg("%s: %s", sqlite3_errmsg(handle),
				 db_statements[i]);
		assert_int_equal(strspn(rest, " \n\t"), strlen(rest));
		sqlite3_finalize(statement);
	}
	sqlite3_close(handle);
}

static void every_view_reads(void **state)
{
	static const char *const views[] = { "v_sessions", "v_messages",
					     "v_usage_daily", "v_usage_by_key",
					     "v_errors" };
	const char *path = database_path(*state);

	database_open(*state, path);
	for (size_t i = 0; i < COUNT(views); i++)
		assert_int_equal(database_int(path,
					      arena_printf(*state,
							   "SELECT count(*) "
							   "FROM %s",
							   views[i])),
				 0);
}

static void add_key(struct db *db, const char *fingerprint)
{
	struct query q;
	struct error e;

	query_open(&q, db, DB_KEY_ADD);
	query_text(&q, fingerprint);
	query_text(&q, "label");
	query_int(&q, 1);
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

static void a_statement_that_fails_tells_it(void **state)
{
	struct store *s = database_open(*state, database_path(*state));
	struct error e = { .kind = ERROR_KINDS };
	struct db *db = db_begin(s, DB_WRITE, &e);
	struct query q;

	query_open(&q, db, DB_KEY_ADD);
	query_text(&q, NULL);
	query_text(&q, "label");
	query_int(&q, 1);
	assert_false(query_run(&q, &e));
	assert_error(&e, ERROR_SETUP, "");
	db_abandon(s, db);
}

static void checking_finds_a_database_that_works(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	struct error e = { .kind = ERROR_KINDS };

	assert_true(store_check(s, &e));
	database_run(path, "DROP TABLE rotation");
	assert_false(store_check(s, &e));
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

/* Nobody is lost or refused. */
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
		TEST(every_older_version_ends_in_the_newest_schema),
		TEST(rows_of_an_older_version_stay),
		TEST(messages_of_version_4_get_names_and_stay),
		TEST(a_newer_version_is_refused_and_left_alone),
		TEST(a_migration_that_fails_changes_nothing),
		TEST(what_is_no_database_is_refused),
		TEST(files_are_for_their_owner_only),
		TEST(its_folder_is_made),
		TEST(every_statement_prepares),
		TEST(every_view_reads),
		TEST(an_abandoned_transaction_leaves_nothing),
		TEST(a_statement_that_fails_tells_it),
		TEST(checking_finds_a_database_that_works),
		TEST(many_threads_share_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
