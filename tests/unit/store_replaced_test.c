/* SPDX-License-Identifier: MIT */
/* The owner moves, removes or replaces the file while it is open. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db_internal.h"
#include "store/migrations_internal.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"

struct owner {
	struct arena *arena;
	const char *path, *log_path;
	struct log log;
	struct store *store;
};

static void begin(struct owner *o, void **state)
{
	struct error e;

	*o = (struct owner){ .arena = *state, .path = database_path(*state) };
	o->log_path = arena_printf(*state, "%s.log", o->path);
	assert_true(log_open(&o->log, o->log_path, &e));
	assert_true(store_open(&o->store, o->path, &o->log, STORE_WAIT_MS, &e));
}

static void end(struct owner *o)
{
	store_close(o->store);
	log_close(&o->log);
}

static bool add_key(struct owner *o, const char *name, struct error *e)
{
	struct db *db = db_begin(o->store, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_KEY_ADD);
	query_text(&q, name);
	query_text(&q, "label");
	query_null(&q);
	query_int(&q, 1);
	query_text(&q, name);
	return db_end(o->store, db, query_run(&q, e), e);
}

static void added(struct owner *o, const char *name)
{
	struct error e = { 0 };

	if (!add_key(o, name, &e))
		fail_msg("%s", e.message);
}

static void refused(struct owner *o, const char *why)
{
	struct error e = { .kind = ERROR_KINDS };

	for (int i = 0; i < 3; i++) {
		assert_false(add_key(o, "x", &e));
		assert_error(&e, ERROR_SETUP, "");
		assert_contains(e.message, why);
	}
	assert_null(db_begin(o->store, DB_READ, &e));
	assert_false(store_check(o->store, 0, &e));
}

static void holds(struct owner *o, const char *path, const char *keys)
{
	assert_string_equal(database_text(o->arena, path,
					  "SELECT group_concat(fingerprint) "
					  "FROM (SELECT fingerprint FROM keys "
					  "ORDER BY id)"),
			    keys);
}

static const char *beside(struct owner *o, const char *ending)
{
	return arena_printf(o->arena, "%s%s", o->path, ending);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static size_t lines(struct owner *o)
{
	const char *p = files_read(o->arena, o->log_path, &(size_t){ 0 });
	size_t n = 0;

	for (; *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

static void a_removed_file_is_not_made_anew(void **state)
{
	struct owner o;

	begin(&o, state);
	added(&o, "a");
	assert_int_equal(unlink(o.path), 0);
	refused(&o, "removed or moved");
	assert_false(exists(o.path));
	assert_int_equal(lines(&o), 1);
	end(&o);
	assert_false(exists(o.path));
}

/* All that was acknowledged goes with it, without its log. */
static void a_moved_file_is_whole_and_can_come_back(void **state)
{
	const char *away;
	struct owner o;

	begin(&o, state);
	away = arena_printf(*state, "%s/away.db", files_folder(*state));
	added(&o, "a");
	assert_int_equal(rename(o.path, away), 0);
	refused(&o, "removed or moved");
	holds(&o, away, "a");
	assert_int_equal(rename(away, o.path), 0);
	added(&o, "b");
	holds(&o, o.path, "a,b");
	assert_int_equal(lines(&o), 2);
	end(&o);
}

static void a_removed_folder_is_told(void **state)
{
	const char *folder, *away;
	struct owner o;

	begin(&o, state);
	folder = arena_copy_n(*state, o.path,
			      (size_t)(strrchr(o.path, '/') - o.path));
	away = arena_printf(*state, "%s/away", files_folder(*state));
	added(&o, "a");
	assert_int_equal(rename(folder, away), 0);
	refused(&o, "removed or moved");
	assert_false(exists(folder));
	assert_int_equal(rename(away, folder), 0);
	added(&o, "b");
	holds(&o, o.path, "a,b");
	end(&o);
}

/* A backup with the key "old", made by the sqlite3 shell. */
static const char *backup(struct owner *o)
{
	const char *path =
		arena_printf(o->arena, "%s/backup.db", files_folder(o->arena));

	added(o, "old");
	database_run(o->path, arena_printf(o->arena, "VACUUM INTO '%s'", path));
	return path;
}

/* The log, which a reader keeps from being emptied, would be taken for that of
 * the new file. */
static void a_restored_backup_is_used_without_the_former_log(void **state)
{
	const char *copy;
	sqlite3 *reader;
	struct owner o;

	begin(&o, state);
	copy = backup(&o);
	assert_int_equal(sqlite3_open(o.path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM keys", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	for (int i = 0; i < 50; i++)
		added(&o, arena_printf(*state, "lost-%d", i));
	assert_int_equal(rename(copy, o.path), 0);
	added(&o, "new");
	holds(&o, o.path, "old,new");
	database_assert_sound(*state, o.path);
	assert_contains(files_read(*state, o.log_path, &(size_t){ 0 }),
			"was replaced");
	assert_int_equal(lines(&o), 1);
	sqlite3_close(reader);
	end(&o);
	holds(&o, o.path, "old,new");
}

/* cp(1) writes it piece by piece. */
static void a_backup_is_not_used_before_it_is_whole(void **state)
{
	const char *bytes;
	struct owner o;
	FILE *file;
	size_t n;

	begin(&o, state);
	bytes = files_read(*state, backup(&o), &n);
	assert_int_equal(unlink(o.path), 0);
	file = fopen(o.path, "w");
	for (size_t at = 0; at < n; at += n / 4 + 1) {
		size_t part = n - at < n / 4 + 1 ? n - at : n / 4 + 1;

		refused(&o, "none of this program's");
		assert_int_equal(fwrite(bytes + at, 1, part, file), part);
		fflush(file);
	}
	fclose(file);
	added(&o, "new");
	holds(&o, o.path, "old,new");
	database_assert_sound(*state, o.path);
	end(&o);
}

static void the_replaced_file_keeps_all_it_had(void **state)
{
	const char *copy, *former;
	struct owner o;

	begin(&o, state);
	former = beside(&o, ".former");
	copy = backup(&o);
	added(&o, "later");
	assert_int_equal(rename(o.path, former), 0);
	assert_int_equal(rename(copy, o.path), 0);
	added(&o, "new");
	holds(&o, o.path, "old,new");
	holds(&o, former, "old,later");
	end(&o);
}

static void an_older_backup_is_upgraded(void **state)
{
	struct owner o;

	begin(&o, state);
	added(&o, "a");
	assert_int_equal(rename(database_of_version(*state, 3), o.path), 0);
	added(&o, "b");
	holds(&o, o.path, "b");
	assert_int_equal(database_int(o.path, "PRAGMA user_version"),
			 migrations_newest());
	assert_true(exists(beside(&o, ".before-0004")));
	end(&o);
}

static void what_is_no_database_of_ours_is_left_alone(void **state)
{
	static const char *const texts[] = { "", "not a database" };
	const char *former, *other;
	struct owner o;
	size_t n;

	begin(&o, state);
	former = beside(&o, ".former");
	added(&o, "a");
	assert_int_equal(rename(o.path, former), 0);
	for (size_t i = 0; i < COUNT(texts); i++) {
		files_write(o.path, texts[i]);
		refused(&o, "none of this program's");
		assert_string_equal(files_read(*state, o.path, &n), texts[i]);
	}
	other = database_path(*state);
	database_run(other, "CREATE TABLE t (a)");
	assert_int_equal(rename(other, o.path), 0);
	refused(&o, "none of this program's");
	assert_int_equal(database_int(o.path, "SELECT count(*) FROM "
					      "sqlite_schema"),
			 1);
	assert_int_equal(lines(&o), 1);
	assert_int_equal(rename(former, o.path), 0);
	added(&o, "b");
	holds(&o, o.path, "a,b");
	end(&o);
}

/* It looks like ours, but cannot be opened: the next one can. */
static void a_newer_file_is_refused_until_there_is_another(void **state)
{
	const char *copy;
	struct owner o;

	begin(&o, state);
	copy = backup(&o);
	database_run(copy, "PRAGMA user_version = 99");
	assert_int_equal(rename(copy, o.path), 0);
	refused(&o, "newer version of this program");
	assert_int_equal(lines(&o), 1);
	database_run(o.path, arena_printf(*state, "PRAGMA user_version = %d",
					  migrations_newest()));
	added(&o, "b");
	holds(&o, o.path, "old,b");
	end(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_removed_file_is_not_made_anew),
		TEST(a_moved_file_is_whole_and_can_come_back),
		TEST(a_removed_folder_is_told),
		TEST(a_restored_backup_is_used_without_the_former_log),
		TEST(a_backup_is_not_used_before_it_is_whole),
		TEST(the_replaced_file_keeps_all_it_had),
		TEST(an_older_backup_is_upgraded),
		TEST(what_is_no_database_of_ours_is_left_alone),
		TEST(a_newer_file_is_refused_until_there_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
