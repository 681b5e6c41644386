/* SPDX-License-Identifier: MIT */
/* Files of older versions of the schema end in sql/schema.sql. */
#include "tests/unit/support/test.h"

#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/migrations_internal.h"
#include "store/turn_open.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The length of the blank or comment that the text begins with. */
static size_t meaningless(const char *sql)
{
	if (sql[0] == '-' && sql[1] == '-')
		return strcspn(sql, "\n");
	return isspace((unsigned char)sql[0]) ? 1 : 0;
}

/* SQL without comments, without blanks that mean nothing, and without the
 * quotes that ALTER TABLE puts around a name. */
static const char *plain_sql(struct arena *a, const char *sql)
{
	char *plain = arena_alloc(a, strlen(sql) + 1), *to = plain;
	bool text = false, blank = false;

	while (*sql != '\0') {
		size_t skip = text ? 0 : meaningless(sql);
		char c = *sql++;

		if (skip > 0) {
			sql += skip - 1;
			blank = true;
		} else if (text || c != '"') {
			if (blank && is_word(c) && to > plain &&
			    is_word(to[-1]))
				*to++ = ' ';
			*to++ = c;
			blank = false;
			text ^= c == '\'';
		}
	}
	return plain;
}

static void sql_is_compared_without_what_means_nothing(void **state)
{
	assert_string_equal(plain_sql(*state,
				      "CREATE  TABLE \"a\" (-- x's\n\t"
				      "b TEXT\n, c CHECK (c = ' -- '))"),
			    "CREATE TABLE a(b TEXT,c CHECK(c=' -- '))");
	assert_string_not_equal(plain_sql(*state, "a b"),
				plain_sql(*state, "ab"));
}

#define OBJECTS                                                                \
	"SELECT group_concat(type || ' ' || name || ' ' || tbl_name || ' ' "   \
	"|| coalesce(sql, '') || char(10), '') "                               \
	"FROM (SELECT * FROM sqlite_schema ORDER BY type, name)"

#define COLUMNS                                                                \
	"SELECT t.name || ' column ' || c.cid || ' ' || c.name || ' ' || "     \
	"c.type || ' ' || c.\"notnull\" || ' ' || "                            \
	"coalesce(c.dflt_value, '-') || ' ' || c.pk || ' ' || c.hidden "       \
	"FROM sqlite_schema t, pragma_table_xinfo(t.name) c"

#define INDEXES                                                                \
	"SELECT t.name || ' index ' || i.name || ' ' || i.\"unique\" || ' ' "  \
	"|| i.origin || ' ' || i.partial || ' ' || c.seqno || ' ' || c.cid "   \
	"|| ' ' || c.\"desc\" || ' ' || c.coll || ' ' || c.\"key\" "           \
	"FROM sqlite_schema t, pragma_index_list(t.name) i, "                  \
	"pragma_index_xinfo(i.name) c"

#define FOREIGN_KEYS                                                           \
	"SELECT t.name || ' foreign key ' || f.id || ' ' || f.seq || ' ' || "  \
	"f.\"table\" || ' ' || f.\"from\" || ' ' || f.\"to\" || ' ' || "       \
	"f.on_update || ' ' || f.on_delete || ' ' || f.\"match\" "             \
	"FROM sqlite_schema t, pragma_foreign_key_list(t.name) f"

#define TABLES                                                                 \
	"SELECT name || ' table ' || type || ' ' || ncol || ' ' || wr || "     \
	"' ' || strict FROM pragma_table_list"

/* Everything that there is to say about the schema of a file. */
static const char *schema_of(struct arena *a, const char *path)
{
	const char *objects = database_text(a, path, OBJECTS);
	const char *details = database_text(
		a, path,
		"WITH l (line) AS (" COLUMNS " UNION ALL " INDEXES
		" UNION ALL " FOREIGN_KEYS " UNION ALL " TABLES ") "
		"SELECT group_concat(line, char(10)) "
		"FROM (SELECT * FROM l ORDER BY line)");

	return arena_printf(a, "%s\n%s", plain_sql(a, objects), details);
}

static void the_migrations_end_in_the_schema(void **state)
{
	const char *migrated = database_of_version(*state, migrations_newest());
	const char *fresh = database_path(*state);

	database_run(fresh, db_schema);
	assert_string_equal(schema_of(*state, migrated),
			    schema_of(*state, fresh));
}

static void every_older_version_ends_in_the_schema(void **state)
{
	const char *fresh = database_path(*state);

	database_run(fresh, db_schema);
	for (int version = 0; version <= migrations_newest(); version++) {
		const char *path = database_of_version(*state, version);

		database_open(*state, path);
		assert_int_equal(database_int(path, "PRAGMA user_version"),
				 migrations_newest());
		assert_string_equal(schema_of(*state, path),
				    schema_of(*state, fresh));
	}
}

static void rows_of_version_1_stay(void **state)
{
	const char *path = database_of_version(*state, 1);

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

static void messages_of_version_4_stay_and_get_uids(void **state)
{
	const char *path = database_of_version(*state, 4);
	struct store_turn *t = database_turn(*state, "r5", "c");
	struct store *s;
	struct error e;

	database_run(path, version_4_rows);
	s = database_open(*state, path);
	assert_string_equal(
		database_text(*state, path,
			      "SELECT group_concat(id || content || reply) "
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
	database_assert_sound(*state, path);
}

static struct error refused(const char *path)
{
	struct store *s = NULL;
	struct error e = { .kind = ERROR_KINDS };

	assert_false(store_open(&s, path, NULL, STORE_WAIT_MS, &e));
	assert_error(&e, ERROR_SETUP, "");
	return e;
}

static void a_newer_version_is_refused_and_left_alone(void **state)
{
	const char *path = database_of_version(*state, migrations_newest());
	int newer = migrations_newest() + 1;
	struct error e;

	database_run(path,
		     arena_printf(*state, "PRAGMA user_version = %d", newer));
	e = refused(path);
	assert_contains(e.message, "newer version of this program");
	assert_contains(e.message, arena_printf(*state, "version %d", newer));
	assert_contains(e.message, arena_printf(*state, "up to %d", newer - 1));
	assert_int_equal(database_int(path, "PRAGMA user_version"), newer);
}

static void a_migration_that_fails_says_why_and_changes_nothing(void **state)
{
	const char *path = database_of_version(*state, 1);
	struct error e;

	database_run(path, "CREATE VIEW v_messages AS SELECT 1");
	e = refused(path);
	assert_contains(e.message, "version 2");
	assert_contains(e.message, "v_messages");
	assert_int_equal(database_int(path, "PRAGMA user_version"), 1);
	assert_int_equal(database_int(path, "SELECT count(*) FROM "
					    "sqlite_schema WHERE "
					    "name = 'v_sessions'"),
			 0);
	assert_int_equal(
		access(arena_printf(*state, "%s.before-0002", path), F_OK), -1);
}

static const char *copy_of(struct arena *a, const char *path, int version,
			   const char *more)
{
	return arena_printf(a, "%s.before-%04d%s", path, version, more);
}

static void count_files(struct arena *a, const char *path, int expected)
{
	const char *folder =
		arena_copy_n(a, path, (size_t)(strrchr(path, '/') - path));
	DIR *d = opendir(folder);
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	assert_int_equal(n - 2, expected);
}

/* Even what is only in the log yet. */
static void a_copy_is_kept_of_what_is_upgraded(void **state)
{
	const char *path = database_of_version(*state, 3), *copy;
	mode_t mask = umask(0);
	sqlite3 *other = NULL;
	struct stat st;

	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other,
				      "PRAGMA journal_mode = WAL; "
				      "INSERT INTO keys (fingerprint, label, "
				      "created_at) VALUES ('f', 'l', 1)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	database_open(*state, path);
	umask(mask);
	copy = copy_of(*state, path, 4, "");
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(database_int(copy, "PRAGMA user_version"), 3);
	assert_int_equal(database_int(copy, "SELECT count(*) FROM keys"), 1);
	database_assert_sound(*state, copy);
	count_files(*state, path, 4); /* with its log and index */
	sqlite3_close(other);
}

static void a_copy_replaces_no_other(void **state)
{
	const char *path = database_of_version(*state, 2);
	const char *taken = copy_of(*state, path, 3, "");
	size_t n;

	files_write(taken, "the owner's");
	files_write(arena_printf(*state, "%s.part", taken), "of a killed one");
	database_open(*state, path);
	assert_string_equal(files_read(*state, taken, &n), "the owner's");
	assert_int_equal(database_int(copy_of(*state, path, 3, "-2"),
				      "PRAGMA user_version"),
			 2);
	count_files(*state, path, 5);
}

static void new_and_current_files_are_not_copied(void **state)
{
	const char *path = database_path(*state);

	for (int i = 0; i < 2; i++)
		database_open(*state, path);
	count_files(*state, path, 3);
}

static int die_at_the_end(unsigned what, void *ctx, void *statement, void *sql)
{
	(void)what;
	(void)ctx;
	(void)statement;
	if (strcmp(sql, "PRAGMA writable_schema = RESET") == 0)
		_exit(0);
	return 0;
}

static int watch_statements(sqlite3 *db, const char **why, const void *api)
{
	(void)why;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, die_at_the_end, NULL);
}

/* A process that is killed while it upgrades the file. */
static void die_upgrading(const char *path)
{
	struct store *s;
	struct error e;
	int status;
	pid_t child = fork();

	if (child == 0) {
		sqlite3_auto_extension((void (*)(void))watch_statements);
		store_open(&s, path, NULL, STORE_WAIT_MS, &e);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* A web server may end each process that takes too long. */
static void killed_upgrades_leave_no_copies_behind(void **state)
{
	const char *path = database_of_version(*state, 14);

	for (int i = 0; i < 3; i++)
		die_upgrading(path);
	assert_int_equal(database_int(path, "PRAGMA user_version"), 14);
	database_open(*state, path);
	assert_int_equal(database_int(copy_of(*state, path, 15, ""),
				      "PRAGMA user_version"),
			 14);
	assert_int_equal(access(copy_of(*state, path, 15, "-2"), F_OK), -1);
	assert_int_equal(access(copy_of(*state, path, 15, ".part"), F_OK), -1);
}

/* Otherwise a later upgrade could not be undone. */
static void without_room_for_a_copy_nothing_is_upgraded(void **state)
{
	const char *path = database_of_version(*state, 8);
	struct rlimit limit, before;
	struct error e;

	database_run(path, "INSERT INTO keys (fingerprint, label, created_at) "
			   "VALUES (hex(zeroblob(500000)), 'l', 1)");
	database_run(path, "PRAGMA journal_mode = WAL");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 300000;
	setrlimit(RLIMIT_FSIZE, &limit);
	e = refused(path);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_contains(e.message, "no copy of it can be made");
	assert_contains(e.message, "room");
	assert_int_equal(database_int(path, "PRAGMA user_version"), 8);
	assert_int_equal(access(copy_of(*state, path, 9, ""), F_OK), -1);
	assert_int_equal(access(copy_of(*state, path, 9, ".part"), F_OK), -1);
	database_open(*state, path);
	assert_int_equal(access(copy_of(*state, path, 9, ""), F_OK), 0);
}

#define OPENERS 6

static void *open_it(void *path)
{
	struct store *s = NULL;
	struct error e;

	if (!store_open(&s, path, NULL, STORE_WAIT_MS * 4, &e))
		return path;
	store_close(s);
	return NULL;
}

static void of_many_who_open_it_one_makes_the_copy(void **state)
{
	char *path = arena_copy(*state, database_of_version(*state, 1));
	pthread_t threads[OPENERS];
	void *failed;

	for (int i = 0; i < OPENERS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, open_it, path), 0);
	for (int i = 0; i < OPENERS; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(database_int(path, "PRAGMA user_version"),
			 migrations_newest());
	count_files(*state, path, 2);
}

static void another_program_s_database_is_left_alone(void **state)
{
	const char *path = database_path(*state);
	struct error e;

	database_run(path, "CREATE TABLE t (a)");
	e = refused(path);
	assert_contains(e.message, "not made by this program");
	assert_int_equal(
		database_int(path, "SELECT count(*) FROM sqlite_schema"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sql_is_compared_without_what_means_nothing),
		TEST(the_migrations_end_in_the_schema),
		TEST(every_older_version_ends_in_the_schema),
		TEST(rows_of_version_1_stay),
		TEST(messages_of_version_4_stay_and_get_uids),
		TEST(a_newer_version_is_refused_and_left_alone),
		TEST(a_migration_that_fails_says_why_and_changes_nothing),
		TEST(a_copy_is_kept_of_what_is_upgraded),
		TEST(a_copy_replaces_no_other),
		TEST(new_and_current_files_are_not_copied),
		TEST(killed_upgrades_leave_no_copies_behind),
		TEST(without_room_for_a_copy_nothing_is_upgraded),
		TEST(of_many_who_open_it_one_makes_the_copy),
		TEST(another_program_s_database_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
