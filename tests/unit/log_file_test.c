/* SPDX-License-Identifier: MIT */
/* A commit reaches the write-ahead log in one write, or not at all. */
#include "tests/unit/support/test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/db_internal.h"
#include "tests/unit/support/log_methods.h"
#include "tests/unit/support/turns.h"

/* What happens to writes to logs: counted, and from some number on … */
enum harm { HARM_NONE, HARM_REFUSE, HARM_KILL_BEFORE, HARM_KILL_AMID };

static int (*own_write)(sqlite3_file *f, const void *p, int n,
			sqlite3_int64 at);
static int writes, harm_at;
static enum harm harm;

static int watch_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (++writes != harm_at || harm == HARM_NONE)
		return own_write(f, p, n, at);
	if (harm == HARM_REFUSE)
		return SQLITE_FULL;
	if (harm == HARM_KILL_AMID)
		own_write(f, p, n / 2, at);
	raise(SIGKILL);
	return SQLITE_IOERR;
}

static void watch_writes(sqlite3_io_methods *methods)
{
	own_write = methods->xWrite;
	methods->xWrite = watch_write;
}

static int watch(void **state)
{
	(void)state;
	log_methods_begin(watch_writes);
	return 0;
}

static int unwatch(void **state)
{
	(void)state;
	log_methods_end();
	return 0;
}

static void expect(enum harm what, int at)
{
	writes = 0;
	harm = what;
	harm_at = at;
}

static bool close_turn(struct turns *f, const char *id, const char *text,
		       struct error *e)
{
	struct store_turn *t = database_turn(f->arena, id, NULL);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, text);

	return store_turn_close(f->store, t, &o, f->arena, e);
}

static void closed(struct turns *f, const char *id, const char *text)
{
	struct error e;

	if (!close_turn(f, id, text, &e))
		fail_msg("%s", e.message);
}

static int64_t rows(const struct turns *f)
{
	return database_int(f->path, "SELECT count(*) FROM messages");
}

static void sound(const struct turns *f, int64_t n)
{
	assert_int_equal(rows(f), n);
	assert_int_equal(database_int(f->path, "SELECT count(*) FROM requests"),
			 n);
	database_assert_sound(f->arena, f->path);
}

static void a_commit_is_one_write(void **state)
{
	struct turns f = turns_begin(*state);

	closed(&f, "r0", "warm");
	for (int i = 1; i < 50; i++) {
		expect(HARM_NONE, 0);
		closed(&f, arena_printf(*state, "r%d", i), "text");
		assert_int_equal(writes, 1);
	}
	sound(&f, 50);
}

static void a_larger_one_is_a_few(void **state)
{
	struct turns f = turns_begin(*state);
	const size_t n = (size_t)512 * 1024;
	char *text = arena_alloc(*state, n + 1);

	memset(text, 'x', n);
	closed(&f, "warm", "");
	expect(HARM_NONE, 0);
	closed(&f, "r0", text);
	assert_in_range(writes, 8, 12);
	sound(&f, 2);
	assert_int_equal(database_int(f.path,
				      "SELECT length(content) - "
				      "length(replace(content, 'x', '')) "
				      "FROM messages WHERE id = 2"),
			 n);
	closed(&f, "r1", "text");
	sound(&f, 3);
}

/* They stay in the log if the transaction is abandoned, behind its end. */
static void pages_that_do_not_fit_into_memory_are_written_at_once(void **state)
{
	struct turns f = turns_begin(*state);
	const size_t n = (size_t)10 * 1024 * 1024;
	char *text = arena_alloc(*state, n + 1);
	struct error e;

	memset(text, 'x', n);
	closed(&f, "r0", "text");
	database_run(f.path, "CREATE TRIGGER t AFTER INSERT ON messages WHEN "
			     "new.content LIKE 'xy%' "
			     "BEGIN SELECT raise(ABORT, 'no'); END");
	for (int i = 1; i < 4; i++) {
		expect(HARM_NONE, 0);
		text[1] = 'y';
		assert_false(close_turn(&f, "no", text, &e));
		assert_in_range(writes, 100, 10000);
		database_run(f.path, "UPDATE keys SET label = label || 'x'");
		text[1] = 'x';
		closed(&f, arena_printf(*state, "a%d", i), text);
		closed(&f, arena_printf(*state, "b%d", i), "text");
		sound(&f, 1 + 2 * i);
	}
	expect(HARM_NONE, 0);
	closed(&f, "last", "text");
	assert_int_equal(writes, 1);
}

static void what_is_abandoned_is_not_written(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = database_turn(*state, "r1", NULL);
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "text");
	struct error e;

	closed(&f, "r0", "text");
	database_run(f.path, "CREATE TRIGGER t BEFORE INSERT ON messages WHEN "
			     "new.content = 'no' "
			     "BEGIN SELECT raise(ABORT, 'no'); END");
	expect(HARM_NONE, 0);
	o.reply = turns_reply(*state, "no");
	assert_false(store_turn_close(f.store, t, &o, *state, &e));
	assert_int_equal(writes, 0);
	closed(&f, "r2", "text");
	sound(&f, 2);
}

static void a_write_that_fails_fails_the_commit(void **state)
{
	struct turns f = turns_begin(*state);
	const size_t n = (size_t)1024 * 1024;
	char *text = arena_alloc(*state, n + 1);
	struct error e;

	memset(text, 'x', n);
	closed(&f, "r0", "text");
	for (int i = 1; i < 6; i++) {
		expect(HARM_REFUSE, i);
		assert_false(close_turn(&f, arena_printf(*state, "a%d", i),
					text, &e));
		assert_error(&e, ERROR_SETUP, "");
		expect(HARM_REFUSE, 1);
		assert_false(close_turn(&f, arena_printf(*state, "b%d", i),
					"text", &e));
		assert_int_equal(rows(&f), i);
		expect(HARM_NONE, 0);
		closed(&f, arena_printf(*state, "c%d", i), "text");
		sound(&f, i + 1);
	}
}

/* A process of its own, killed at a write. */
static void kill_at(struct turns *f, enum harm what, int at, const char *text)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct turns child = *f;
		struct error e;

		if (!store_open(&child.store, f->path, NULL, STORE_WAIT_MS, &e))
			_exit(1);
		expect(what, at);
		close_turn(&child, arena_printf(f->arena, "killed at %d", at),
			   text, &e);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
}

static void a_process_that_is_killed_leaves_all_or_nothing(void **state)
{
	struct turns f = turns_begin(*state);
	const size_t n = (size_t)1024 * 1024;
	char *text = arena_alloc(*state, n + 1);

	memset(text, 'x', n);
	closed(&f, "r0", "text");
	for (int i = 1; i < 5; i++) {
		kill_at(&f, HARM_KILL_BEFORE, 1, "text");
		kill_at(&f, HARM_KILL_AMID, 1, "text");
		kill_at(&f, HARM_KILL_BEFORE, i, text);
		kill_at(&f, HARM_KILL_AMID, i, text);
		closed(&f, arena_printf(*state, "r%d", i), "text");
		sound(&f, i + 1);
	}
}

/* As the sqlite3 shell, or an older version of the program. */
static void others_may_write_in_their_own_way(void **state)
{
	struct turns f = turns_begin(*state);
	struct store *other = NULL;
	struct error e;

	other = database_open(*state, f.path);
	for (int i = 0; i < 60; i++) {
		struct turns theirs = { f.arena, f.path, other };

		closed(&f, arena_printf(*state, "r%d", i), "text");
		closed(&theirs, arena_printf(*state, "o%d", i), "text");
		database_run(f.path, "UPDATE keys SET label = label || 'x'");
		if (i % 15 == 0)
			store_empty_log(i % 30 == 0 ? f.store : other);
	}
	sound(&f, 120);
	assert_true(store_check(f.store, 0, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_commit_is_one_write),
		TEST(a_larger_one_is_a_few),
		TEST(pages_that_do_not_fit_into_memory_are_written_at_once),
		TEST(what_is_abandoned_is_not_written),
		TEST(a_write_that_fails_fails_the_commit),
		TEST(a_process_that_is_killed_leaves_all_or_nothing),
		TEST(others_may_write_in_their_own_way),
	};

	return cmocka_run_group_tests(tests, watch, unwatch);
}
