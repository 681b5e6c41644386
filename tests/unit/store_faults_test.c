/* SPDX-License-Identifier: MIT */
/* A database that cannot be used says why, in time, and works on afterwards. */
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/db_internal.h"
#include "store/rotation.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"

/* Another process that has the database, until it is closed. */
static sqlite3 *hold(const char *path, const char *how)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, how, NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static bool write_row(struct store *s, enum db_mode mode, struct error *e)
{
	struct db *db = db_begin(s, mode, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_ROTATION_SET);
	query_text(&q, "pool");
	query_int(&q, 1);
	return db_end(s, db, query_run(&q, e), e);
}

static struct error refused(struct store *s)
{
	struct error e = { .kind = ERROR_KINDS };

	assert_false(write_row(s, DB_WRITE, &e));
	return e;
}

static void works(struct store *s)
{
	struct error e = { 0 };

	if (!write_row(s, DB_WRITE, &e))
		fail_msg("%s", e.message);
}

struct waiter {
	pthread_t thread;
	struct store *store;
	struct error why;
	int64_t waited_ms;
	enum db_mode mode;
	bool ok;
	atomic_bool done;
};

static void *wait_for_it(void *ctx)
{
	struct waiter *w = ctx;
	int64_t begun = clock_ms();

	w->ok = write_row(w->store, w->mode, &w->why);
	w->waited_ms = clock_ms() - begun;
	w->done = true;
	return NULL;
}

static void begin_to_wait(struct waiter *w, struct store *s, enum db_mode mode)
{
	*w = (struct waiter){ .store = s, .mode = mode };
	assert_int_equal(pthread_create(&w->thread, NULL, wait_for_it, w), 0);
}

#define WAITERS 20

/* One after the other they would wait for 14 seconds. */
static void those_who_wait_give_up_together(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	sqlite3 *other = hold(path, "BEGIN IMMEDIATE");
	struct waiter w[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		begin_to_wait(&w[i], s, DB_CHECK);
	for (int i = 0; i < WAITERS; i++) {
		pthread_join(w[i].thread, NULL);
		assert_false(w[i].ok);
		assert_error(&w[i].why, ERROR_FULL, "");
		assert_contains(w[i].why.message, "busy");
		assert_true(w[i].why.retry_after_ms > 0);
		assert_in_range(w[i].waited_ms, 600, 12000);
	}
	sqlite3_close(other);
	works(s);
}

/* Another thread may be in a transaction for long, as on a slow disk. */
static void a_thread_of_this_process_is_not_waited_for_either(void **state)
{
	struct store *s = database_open(*state, database_path(*state));
	struct error e;
	struct db *db = db_begin(s, DB_WRITE, &e);
	struct waiter w;

	begin_to_wait(&w, s, DB_CHECK);
	for (int i = 0; i < 1000 && !w.done; i++)
		clock_sleep_ms(20);
	assert_true(db_commit(s, db, &e));
	pthread_join(w.thread, NULL);
	assert_false(w.ok);
	assert_error(&w.why, ERROR_FULL, "");
	works(s);
}

/* What is vital gets through, and reads are not kept waiting meanwhile. */
static void what_must_not_be_lost_waits_for_longer(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	sqlite3 *other = hold(path, "BEGIN IMMEDIATE");
	struct waiter vital, check;
	struct error e;
	struct db *db;

	begin_to_wait(&vital, s, DB_VITAL);
	begin_to_wait(&check, s, DB_CHECK);
	pthread_join(check.thread, NULL);
	assert_false(check.ok);
	db = db_begin(s, DB_READ, &e);
	assert_non_null(db);
	assert_true(db_commit(s, db, &e));
	clock_sleep_ms(400);
	sqlite3_close(other);
	pthread_join(vital.thread, NULL);
	assert_true(vital.ok);
}

/* A request makes several transactions: each of them cannot wait anew. */
static void after_one_that_waited_in_vain_others_wait_less(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	sqlite3 *other = hold(path, "BEGIN EXCLUSIVE");
	struct error e = { .kind = ERROR_KINDS };
	int64_t begun;

	assert_false(write_row(s, DB_CHECK, &e));
	begun = clock_ms();
	e = refused(s);
	assert_error(&e, ERROR_FULL, "");
	assert_in_range(clock_ms() - begun, 900, 4500);
	sqlite3_close(other);
	works(s);
}

static void a_locked_file_is_not_waited_for_when_it_is_opened(void **state)
{
	const char *path = database_path(*state);
	struct store *s = NULL;
	struct error e = { .kind = ERROR_KINDS };
	sqlite3 *other;

	database_run(path, "PRAGMA journal_mode = DELETE; CREATE TABLE t (a)");
	other = hold(path, "BEGIN EXCLUSIVE");
	assert_false(store_open(&s, path, NULL, 200, &e));
	assert_error(&e, ERROR_FULL, "");
	sqlite3_close(other);
}

static void a_full_database_is_told(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	struct error e = { 0 };

	assert_true(db_execute(s->db, "PRAGMA max_page_count = 1", &e));
	for (int i = 0; i < 100; i++) {
		struct db *db = db_begin(s, DB_WRITE, &e);
		bool ok = db_execute(db,
				     "INSERT INTO keys (fingerprint, label, "
				     "created_at) VALUES "
				     "(hex(randomblob(2000)), 'l', 1)",
				     &e);

		if (!db_end(s, db, ok, &e))
			break;
	}
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "disk of the database is full");
	assert_true(db_execute(s->db, "PRAGMA max_page_count = 100000", &e));
	works(s);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A row can still be written. */
static void a_check_needs_room_for_more(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	struct error e = { .kind = ERROR_KINDS };

	assert_true(store_check(s, 0, &e));
	store_empty_log(s);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(200 * 1024);
	assert_false(store_check(s, 0, &e));
	limit_files(RLIM_INFINITY);
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "File too large");
	assert_true(store_check(s, 0, &e));
}

static void a_check_writes(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	struct error e;
	int64_t before, size;

	assert_true(store_check(s, 0, &e));
	before = database_int(path, "SELECT next FROM rotation");
	size = database_int(path, "PRAGMA page_count");
	assert_true(store_check(s, 60000, &e));
	assert_int_equal(database_int(path, "SELECT next FROM rotation"),
			 before);
	for (int i = 0; i < 11; i++)
		assert_true(store_check(s, 0, &e));
	assert_int_not_equal(database_int(path, "SELECT next FROM rotation"),
			     before);
	assert_int_equal(database_int(path, "PRAGMA page_count"), size);
}

static void a_file_that_cannot_be_written_is_told(void **state)
{
	struct store *s = database_open(*state, database_path(*state));
	struct error e;

	assert_true(db_execute(s->db, "PRAGMA query_only = ON", &e));
	e = refused(s);
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "needs write access");
}

static void a_damaged_file_is_told(void **state)
{
	const char *path = database_path(*state);
	struct store *s = database_open(*state, path);
	char garbage[4096];
	struct error e;
	int fd;

	works(s);
	store_empty_log(s);
	sqlite3_db_release_memory(s->db->handle);
	memset(garbage, 0x5a, sizeof(garbage));
	fd = open(path, O_WRONLY);
	for (int page = 1; page < 60; page++)
		assert_int_equal(pwrite(fd, garbage, sizeof(garbage),
					page * 4096),
				 sizeof(garbage));
	close(fd);
	database_run(path, "PRAGMA user_version = 9"); /* caches are dropped */
	e = refused(s);
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "is damaged");
}

static void out_of_memory_passes(void **state)
{
	struct store *s = database_open(*state, database_path(*state));
	struct error e = { .kind = ERROR_KINDS };
	struct db *db = db_begin(s, DB_WRITE, &e);
	bool ok;

	assert_non_null(db);
	sqlite3_hard_heap_limit64(sqlite3_memory_used() + 4096);
	ok = db_execute(db, "SELECT hex(zeroblob(1000000))", &e);
	sqlite3_hard_heap_limit64(0);
	assert_false(db_end(s, db, ok, &e));
	assert_error(&e, ERROR_FULL, "");
	assert_contains(e.message, "memory");
	works(s);
}

/* Every descriptor below `limit` is in use. */
static void limit_descriptors(rlim_t limit)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = limit;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
}

static void out_of_descriptors_passes(void **state)
{
	const char *path = database_path(*state);
	struct store *s = NULL, *ready = database_open(*state, path);
	struct error opened = { .kind = ERROR_KINDS }, checked = opened;
	struct rlimit before;
	int lowest = dup(STDERR_FILENO);

	close(lowest);
	getrlimit(RLIMIT_NOFILE, &before);
	limit_descriptors((rlim_t)lowest);
	assert_false(store_open(&s, path, NULL, STORE_WAIT_MS, &opened));
	assert_false(store_check(ready, 0, &checked));
	limit_descriptors(before.rlim_cur);
	assert_error(&opened, ERROR_FULL, "");
	assert_contains(opened.message, "Too many open files");
	assert_error(&checked, ERROR_FULL, "");
	assert_true(store_check(ready, 0, &checked));
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		n++;
	}
	return n;
}

/* One line for a fault, and one for its end, however many requests meet it. */
static void a_fault_has_one_line_in_the_log(void **state)
{
	const char *path = database_path(*state);
	const char *log_path = arena_printf(*state, "%s.log", path);
	struct log log = { 0 };
	struct store *s = NULL;
	struct error e;
	const char *said;
	size_t n;

	files_write(log_path, "");
	assert_true(log_open(&log, log_path, &e));
	assert_true(store_open(&s, path, &log, STORE_WAIT_MS, &e));
	works(s);
	assert_string_equal(files_read(*state, log_path, &n), "");
	for (int round = 0; round < 2; round++) {
		db_execute(s->db, "PRAGMA query_only = ON", &e);
		refused(s);
		refused(s);
		db_execute(s->db, "PRAGMA query_only = OFF", &e);
		works(s);
		works(s);
	}
	said = files_read(*state, log_path, &n);
	assert_int_equal(count(said, "error - database "), 2);
	assert_int_equal(count(said, "info - database "), 2);
	assert_int_equal(count(said, path), 4);
	store_close(s);
	log_close(&log);
}

static void a_clean_end_leaves_all_in_the_file(void **state)
{
	const char *path = database_path(*state);
	struct store *s = NULL;
	struct error e;

	assert_true(store_open(&s, path, NULL, STORE_WAIT_MS, &e));
	works(s);
	assert_int_equal(access(arena_printf(*state, "%s-wal", path), F_OK), 0);
	store_close(s);
	assert_int_not_equal(access(arena_printf(*state, "%s-wal", path), F_OK),
			     0);
	assert_int_equal(database_int(path, "SELECT next FROM rotation"), 1);
}

/* The log of a file that others use is emptied, not removed. */
static void so_does_one_while_others_read(void **state)
{
	const char *path = database_path(*state);
	struct store *s = NULL, *other = database_open(*state, path);
	struct stat wal;
	struct error e;

	works(other);
	assert_true(store_open(&s, path, NULL, STORE_WAIT_MS, &e));
	works(s);
	store_close(s);
	assert_int_equal(stat(arena_printf(*state, "%s-wal", path), &wal), 0);
	assert_int_equal(wal.st_size, 0);
	works(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(those_who_wait_give_up_together),
		TEST(a_thread_of_this_process_is_not_waited_for_either),
		TEST(what_must_not_be_lost_waits_for_longer),
		TEST(after_one_that_waited_in_vain_others_wait_less),
		TEST(a_locked_file_is_not_waited_for_when_it_is_opened),
		TEST(a_full_database_is_told),
		TEST(a_check_needs_room_for_more),
		TEST(a_check_writes),
		TEST(a_file_that_cannot_be_written_is_told),
		TEST(a_damaged_file_is_told),
		TEST(out_of_memory_passes),
		TEST(out_of_descriptors_passes),
		TEST(a_fault_has_one_line_in_the_log),
		TEST(a_clean_end_leaves_all_in_the_file),
		TEST(so_does_one_while_others_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
