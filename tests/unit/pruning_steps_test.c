/* SPDX-License-Identifier: MIT */
/* What has to go is deleted in steps that nobody waits for. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/retention.h"

static void a_step_is_half_a_megabyte(void **state)
{
	struct turns f = turns_begin(*state);

	retention_fill(&f, 20);
	retention_pass(&f, 31 * RETENTION_DAY);
	store_prune(f.store, &retention_thirty_days);
	assert_in_range(retention_rows(&f, "messages"), 16, 18);
}

static void or_a_hundred_rows(void **state)
{
	struct turns f = turns_begin(*state);

	for (int i = 0; i < 150; i++)
		retention_play(&f, arena_printf(*state, "r%d", i), "short");
	retention_pass(&f, 31 * RETENTION_DAY);
	store_prune(f.store, &retention_thirty_days);
	assert_int_equal(retention_rows(&f, "messages"), 50);
}

static void steps_are_taken_one_after_the_other(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t left;

	retention_fill(&f, 20);
	retention_pass(&f, 31 * RETENTION_DAY);
	assert_true(store_prune_is_due(f.store));
	store_prune(f.store, &retention_thirty_days);
	left = retention_rows(&f, "messages");
	assert_true(left < 20);
	store_prune(f.store, &retention_thirty_days);
	assert_int_equal(retention_rows(&f, "messages"), left);
	assert_false(store_prune_is_due(f.store));
	clock_sleep_ms(150);
	store_prune(f.store, &retention_thirty_days);
	assert_true(retention_rows(&f, "messages") < left);
}

/* Who has the file, or needs what is in the log, is not disturbed. */
static void a_step_waits_for_nobody(void **state)
{
	struct turns f = turns_begin(*state);
	sqlite3 *other = NULL;
	int64_t began;

	retention_play(&f, "r1", "reply");
	retention_pass(&f, 31 * RETENTION_DAY);
	assert_int_equal(sqlite3_open(f.path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	began = clock_ms();
	store_prune(f.store, &retention_thirty_days);
	assert_true(clock_ms() - began < 1000);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(retention_rows(&f, "messages"), 1);
	clock_sleep_ms(150);
	store_prune(f.store, &retention_thirty_days);
	assert_int_equal(retention_rows(&f, "messages"), 0);
}

static void a_long_log_is_not_made_longer(void **state)
{
	struct turns f = turns_begin(*state);
	sqlite3 *reader = NULL;

	retention_play(&f, "r1", "reply");
	assert_int_equal(sqlite3_open(f.path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader,
				      "BEGIN; SELECT count(*) FROM requests",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	retention_fill(&f, 90);
	retention_pass(&f, 31 * RETENTION_DAY);
	store_prune(f.store, &retention_thirty_days);
	assert_int_equal(retention_rows(&f, "messages"), 91);
	sqlite3_close(reader);
	retention_prune(&f);
	assert_int_equal(retention_rows(&f, "messages"), 0);
}

static void the_log_is_emptied_when_its_reader_has_gone(void **state)
{
	struct turns f = turns_begin(*state);
	sqlite3 *reader = NULL;

	retention_play(&f, "r1", "a canary");
	retention_pass(&f, 31 * RETENTION_DAY);
	assert_int_equal(sqlite3_open(f.path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader,
				      "BEGIN; SELECT count(*) FROM requests",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	store_prune(f.store, &retention_thirty_days);
	assert_int_equal(retention_rows(&f, "messages"), 0);
	assert_true(turns_file_holds(&f, "canary"));
	sqlite3_close(reader);
	clock_sleep_ms(1100);
	store_prune(f.store, &retention_thirty_days);
	assert_false(turns_file_holds(&f, "canary"));
}

/* The next one may have nothing to delete, and not know of it. */
static void so_it_is_by_a_process_that_ends_after_a_step(void **state)
{
	struct turns f = turns_begin(*state);

	for (int i = 0; i < 100; i++)
		retention_play(&f, arena_printf(*state, "r%d", i), "canary");
	retention_pass(&f, 31 * RETENTION_DAY);
	store_empty_log(f.store);
	store_prune(f.store, &retention_thirty_days);
	assert_int_equal(retention_rows(&f, "messages"), 0);
	assert_true(turns_file_holds(&f, "canary"));
	store_leave(f.store);
	assert_false(turns_file_holds(&f, "canary"));
}

static void the_file_becomes_smaller(void **state)
{
	struct turns f = turns_begin(*state);

	assert_int_equal(database_int(f.path, "PRAGMA auto_vacuum"), 2);
	retention_fill(&f, 40);
	assert_true(retention_file_size(&f) > 8000000);
	retention_pass(&f, 31 * RETENTION_DAY);
	retention_prune(&f);
	assert_true(retention_file_size(&f) < 2000000);
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

	retention_fill(&f, 3);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_database_that_stays_too_large_is_in_the_log),
		TEST(a_step_is_half_a_megabyte),
		TEST(or_a_hundred_rows),
		TEST(steps_are_taken_one_after_the_other),
		TEST(a_step_waits_for_nobody),
		TEST(a_long_log_is_not_made_longer),
		TEST(the_log_is_emptied_when_its_reader_has_gone),
		TEST(so_it_is_by_a_process_that_ends_after_a_step),
		TEST(the_file_becomes_smaller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
