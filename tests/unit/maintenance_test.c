/* SPDX-License-Identifier: MIT */
/* Backups, vacuuming, and what a check of the database finds. */
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/maintenance.h"
#include "store/verify.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/turns.h"

static const char *beside(struct turns *f, const char *name)
{
	return arena_printf(f->arena, "%s.%s", f->path, name);
}

static void note_size(void *ctx, int64_t done, int64_t whole)
{
	int64_t *calls = ctx;

	assert_true(done >= 0 && whole > 0);
	++*calls;
}

static void a_backup_is_a_whole_database_for_its_owner_alone(void **state)
{
	struct turns f = turns_begin(*state);
	const char *to = beside(&f, "backup");
	int64_t calls = 0;
	const struct store_watch watch = { note_size, &calls };
	struct stat st;
	struct error e;

	turns_play(&f, "r1", 0, "says", "reply");
	if (!store_backup(f.store, to, &watch, *state, &e))
		fail_msg("%s", e.message);
	assert_int_equal(stat(to, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	database_assert_sound(*state, to);
	assert_int_equal(database_int(to, "SELECT count(*) FROM messages"), 2);
	/* It opens like any other. */
	database_open(*state, to);
}

static void a_backup_replaces_nothing(void **state)
{
	struct turns f = turns_begin(*state);
	const char *to = beside(&f, "backup");
	struct error e;
	size_t n;

	files_write(to, "something else");
	assert_false(store_backup(f.store, to, NULL, *state, &e));
	assert_contains(e.message, "already");
	assert_string_equal(files_read(*state, to, &n), "something else");
}

static void a_backup_that_fails_leaves_nothing(void **state)
{
	struct turns f = turns_begin(*state);
	const char *to = arena_printf(*state, "%s.none/backup", f.path);
	struct error e;

	assert_false(store_backup(f.store, to, NULL, *state, &e));
	assert_contains(e.message, "No backup was made");
}

#define NOT_ALLOWED 77

/* In a process of its own, to a disk of a megabyte that only it sees. */
static int back_up_to_a_small_disk(struct arena *a, const char *path)
{
	const char *folder = files_folder(a);
	struct store *s;
	struct error e;

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0)
		return NOT_ALLOWED;
	if (!store_open(&s, path, NULL, STORE_WAIT_MS, &e) ||
	    store_backup(s, arena_printf(a, "%s/backup", folder), NULL, a, &e))
		return 1;
	return strstr(e.message, "MiB are free there") != NULL ? 0 : 2;
}

/* Whatever else is on that disk would fail meanwhile. */
static void a_backup_does_not_begin_without_room_for_it(void **state)
{
	struct turns f = turns_begin(*state);
	int status;
	pid_t child;

	database_run(f.path, "INSERT INTO keys (fingerprint, label, "
			     "created_at) VALUES (hex(zeroblob(1500000)), 'l', "
			     "1)");
	child = fork();
	if (child == 0)
		_exit(back_up_to_a_small_disk(*state, f.path));
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WEXITSTATUS(status) == NOT_ALLOWED)
		skip();
	assert_int_equal(status, 0);
}

static void vacuuming_makes_an_old_file_one_that_shrinks(void **state)
{
	const char *path = database_of_version(*state, 14);
	struct turns f = { *state, path, database_open(*state, path) };
	struct error e;

	assert_int_equal(database_int(path, "PRAGMA auto_vacuum"), 0);
	turns_play(&f, "r1", 0, "says", "reply");
	if (!store_vacuum(f.store, &e))
		fail_msg("%s", e.message);
	assert_int_equal(database_int(path, "PRAGMA auto_vacuum"), 2);
	turns_play(&f, "r2", 2, "more", "reply");
	database_assert_sound(*state, path);
}

static void the_version_of_a_file_is_known_before_it_is_upgraded(void **state)
{
	const char *path = database_of_version(*state, 14);
	int version, newest;
	struct error e;

	assert_true(store_schema_version(path, &version, &newest, &e));
	assert_int_equal(version, 14);
	assert_true(newest > 14);
	database_open(*state, path);
	assert_true(store_schema_version(path, &version, &newest, &e));
	assert_int_equal(version, newest);
}

/* What is wrong, and the advice; "" if nothing is. */
static const char *verified(struct turns *f)
{
	struct store_check checks[STORE_CHECKS];
	const char *all = "";
	struct error e;
	size_t n;

	if (!store_verify(f->store, NULL, checks, &n, f->arena, &e))
		fail_msg("%s", e.message);
	for (size_t i = 0; i < n; i++)
		if (checks[i].found != NULL &&
		    strcmp(checks[i].name, "disk") != 0)
			all = arena_printf(f->arena, "%s%s: %s. %s\n", all,
					   checks[i].name, checks[i].found,
					   checks[i].advice);
	return all;
}

static void a_used_database_is_right(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "says", "reply");
	turns_store(&f, "resp_1", "c", NULL, "says", "reply");
	turns_opened(&f, "r2", NULL);
	assert_string_equal(verified(&f), "");
}

static void so_is_what_a_killed_process_left(void **state)
{
	struct turns f = turns_begin(*state);

	turns_opened(&f, "r1", NULL);
	database_run(f.path, "UPDATE requests SET lease_owner = NULL, "
			     "lease_until = 0, lease_uptime = NULL");
	assert_string_equal(verified(&f), "");
	assert_string_equal(database_text(*state, f.path,
					  "SELECT status FROM requests"),
			    "interrupted");
}

static void what_is_wrong_is_found(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "says", "reply");
	database_run(f.path, "UPDATE keys SET kept = kept + 1");
	assert_contains(verified(&f), "space of keys: key: ");
	database_run(f.path, "UPDATE keys SET kept = kept - 1");
	database_run(f.path, "UPDATE requests SET error_kind = 'upstream'");
	assert_contains(verified(&f), "states: r1 is done, and has an error");
	database_run(f.path, "UPDATE requests SET error_kind = NULL");
	database_run(f.path, "DELETE FROM requests");
	assert_contains(verified(&f), "references: ");
}

/* The first page of the requests. */
static void damage(struct turns *f)
{
	int fd = open(f->path, O_WRONLY | O_CLOEXEC);
	int64_t page = database_int(f->path,
				    "SELECT rootpage FROM sqlite_schema "
				    "WHERE name = 'requests'");
	char bytes[4096];

	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), (page - 1) * 4096),
			 sizeof(bytes));
	close(fd);
}

static void damage_is_found_and_nothing_else_looked_at(void **state)
{
	struct turns f = turns_begin(*state);
	const char *wrong;

	turns_play(&f, "r1", 0, "says", "reply");
	store_empty_log(f.store);
	damage(&f);
	f.store = database_open(*state, f.path);
	wrong = verified(&f);
	assert_contains(wrong, "file: ");
	assert_contains(wrong, "restore a backup");
	assert_null(strstr(wrong, "references"));
}

/* As a reader left it that has gone, or is still there. */
static void a_long_log_is_only_wrong_while_somebody_keeps_it(void **state)
{
	struct turns f = turns_begin(*state);
	sqlite3 *reader = NULL;

	turns_play(&f, "r1", 0, "says", "reply");
	assert_int_equal(sqlite3_open(f.path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader,
				      "BEGIN; SELECT count(*) FROM requests",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	turns_play(&f, "r2", 2, "says", "reply");
	assert_int_equal(truncate(arena_printf(*state, "%s-wal", f.path),
				  80 * 1024 * 1024),
			 0);
	assert_contains(verified(&f), "log: ");
	sqlite3_close(reader);
	assert_string_equal(verified(&f), "");
}

static void reservations_of_nobody_are_found(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "says", "reply");
	database_run(f.path, "INSERT INTO budget_uses VALUES (1, 'day', "
			     "'tokens', 0, 10, 5)");
	assert_contains(verified(&f), "reservations: key has 5 tokens");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_is_a_whole_database_for_its_owner_alone),
		TEST(a_backup_replaces_nothing),
		TEST(a_backup_that_fails_leaves_nothing),
		TEST(a_backup_does_not_begin_without_room_for_it),
		TEST(vacuuming_makes_an_old_file_one_that_shrinks),
		TEST(the_version_of_a_file_is_known_before_it_is_upgraded),
		TEST(a_used_database_is_right),
		TEST(so_is_what_a_killed_process_left),
		TEST(what_is_wrong_is_found),
		TEST(damage_is_found_and_nothing_else_looked_at),
		TEST(a_long_log_is_only_wrong_while_somebody_keeps_it),
		TEST(reservations_of_nobody_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
