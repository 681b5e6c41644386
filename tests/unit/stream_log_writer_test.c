/* SPDX-License-Identifier: MIT */
/* When the events of a reply are written to its stream log. */
#include "tests/unit/support/test.h"

#include "app/relay/stream_log_writer_internal.h"
#include "tests/unit/support/database.h"

#define ROW 1

static const struct chat_event start = { .kind = CHAT_START };

static void events_are_written_in_batches(void **state)
{
	struct store *store = database_open(*state, database_path(*state));
	struct stream_log_writer *w = arena_alloc(*state, sizeof(*w));
	struct error e;

	stream_log_writer_init(w, store, *state);
	stream_log_writer_event(w, &start);
	assert_true(stream_log_writer_flush(w, ROW, 5000, &e));
	assert_string_equal(stream_log_writer_rest(w), "");
	stream_log_writer_event(w, &start);
	assert_true(stream_log_writer_flush(w, ROW, 5199, &e));
	assert_contains(stream_log_writer_rest(w), "start");
	assert_true(stream_log_writer_flush(w, ROW, 5200, &e));
	assert_string_equal(stream_log_writer_rest(w), "");
}

static void what_cannot_be_written_stays_for_the_next_batch(void **state)
{
	const char *path = database_path(*state);
	struct store *store = database_open(*state, path);
	struct stream_log_writer *w = arena_alloc(*state, sizeof(*w));
	struct error e;

	stream_log_writer_init(w, store, *state);
	stream_log_writer_event(w, &start);
	database_run(path, "ALTER TABLE stream_logs RENAME TO away");
	assert_false(stream_log_writer_flush(w, ROW, 5000, &e));
	assert_contains(stream_log_writer_rest(w), "start");
	database_run(path, "ALTER TABLE away RENAME TO stream_logs");
	assert_true(stream_log_writer_flush(w, ROW, 6000, &e));
	assert_string_equal(stream_log_writer_rest(w), "");
}

static void without_a_log_nothing_is_held(void **state)
{
	struct stream_log_writer w = { 0 };
	struct error e;

	(void)state;
	stream_log_writer_event(&w, &start);
	assert_true(stream_log_writer_flush(&w, ROW, 5000, &e));
	assert_null(stream_log_writer_rest(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_are_written_in_batches),
		TEST(what_cannot_be_written_stays_for_the_next_batch),
		TEST(without_a_log_nothing_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
