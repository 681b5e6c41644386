/* SPDX-License-Identifier: MIT */
/* Stream logs: written while a response runs, read from any position. */
#include "tests/unit/support/test.h"

#include "store/stream_log.h"
#include "tests/unit/support/turns.h"

static void added(struct turns *f, const struct store_turn *t,
		  const char *batch)
{
	struct error e;

	if (!store_stream_log_add(f->store, t->row, batch, &e))
		fail_msg("%s", e.message);
}

/* The batches after a position, joined. */
static const char *read_log(struct turns *f, int64_t seq, int64_t position,
			    bool follow, struct store_stream_log *log)
{
	const char *all = "";
	struct error e;

	log->position = position;
	if (!store_stream_log_read(f->store, seq, follow, log, f->arena, &e))
		fail_msg("%s", e.message);
	for (size_t i = 0; i < log->n; i++)
		all = arena_printf(f->arena, "%s%s", all, log->batches[i]);
	return all;
}

static bool is_read(struct turns *f, const struct store_turn *t, int64_t ms)
{
	struct error e;
	bool read;

	if (!store_stream_log_is_read(f->store, t->row, ms, &read, &e))
		fail_msg("%s", e.message);
	return read;
}

static void ended(struct turns *f, struct store_turn *t, const char *events)
{
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, "first");

	o.request = turns_request(f->arena, t, 0, "one");
	o.events = events;
	turns_close(f, t, &o);
}

static void batches_are_read_in_order_from_any_position(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct store_turn *other = turns_store_open(&f, "resp_2", NULL, NULL);
	struct store_stream_log log;
	char expected[41] = { 0 };

	assert_string_equal(read_log(&f, t->row, 0, false, &log), "");
	assert_int_equal(log.position, 0);
	assert_true(log.running);
	for (int i = 0; i < 40; i++) {
		const char *batch = arena_printf(*state, "%c", '0' + i);

		expected[i] = *batch;
		added(&f, t, batch);
		added(&f, other, "x");
	}
	assert_string_equal(read_log(&f, t->row, 0, false, &log), expected);
	assert_int_equal(log.position, 40);
	assert_string_equal(read_log(&f, t->row, 37, false, &log),
			    expected + 37);
	assert_int_equal(log.position, 40);
	assert_string_equal(read_log(&f, t->row, 40, false, &log), "");
	assert_int_equal(log.position, 40);
}

static void the_last_batch_is_written_with_the_end(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct store_stream_log log;

	added(&f, t, "a");
	read_log(&f, t->row, 0, false, &log);
	ended(&f, t, "b");
	f.store = database_open(*state, f.path);
	assert_string_equal(read_log(&f, t->row, log.position, false, &log),
			    "b");
	assert_false(log.running);
	assert_string_equal(read_log(&f, t->row, 0, false, &log), "ab");
}

static void a_turn_opened_at_its_end_has_its_last_batch(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = database_turn(*state, "resp_1", NULL);
	struct store_as as = { .id = "resp_1",
			       .kind = "response",
			       .settings = "{}" };
	struct store_stream_log log;

	t->store_as = &as;
	ended(&f, t, "all");
	assert_string_equal(read_log(&f, t->row, 0, false, &log), "all");
	assert_false(log.running);
	assert_int_equal(turns_response(&f, "resp_1").status,
			 STORED_RESPONSE_DONE);
}

static void a_response_that_is_not_stored_has_no_log(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", NULL);
	struct store_stream_log log;

	added(&f, t, "a");
	ended(&f, t, "b");
	assert_string_equal(read_log(&f, t->row, 0, false, &log), "");
	assert_false(log.running);
	assert_int_equal(
		database_int(f.path, "SELECT count(*) FROM stream_logs"), 0);
}

static void a_dead_or_cancelled_response_is_not_running(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *dead = turns_store_open(&f, "resp_1", NULL, NULL);
	struct store_turn *unwanted =
		turns_store_open(&f, "resp_2", NULL, NULL);
	struct store_stream_log log;

	added(&f, dead, "a");
	added(&f, unwanted, "b");
	database_run(f.path, "UPDATE requests SET lease_uptime = 5 "
			     "WHERE id = 'resp_1'");
	turns_cancel(&f, "resp_2");
	assert_string_equal(read_log(&f, dead->row, 0, true, &log), "a");
	assert_false(log.running);
	assert_string_equal(read_log(&f, unwanted->row, 0, true, &log), "b");
	assert_false(log.running);
	turns_opened(&f, "r3", "c");
	added(&f, dead, "late");
	assert_string_equal(read_log(&f, dead->row, 0, true, &log), "a");
}

static void the_writer_knows_whether_it_has_a_reader(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct store_stream_log log;

	read_log(&f, t->row, 0, false, &log);
	assert_false(is_read(&f, t, 60000));
	read_log(&f, t->row, 0, true, &log);
	assert_true(is_read(&f, t, 60000));
	database_run(f.path,
		     "UPDATE stored_responses SET read_at = read_at - 5000");
	assert_false(is_read(&f, t, 4000));
	assert_true(is_read(&f, t, 60000));
	read_log(&f, t->row, 0, true, &log);
	assert_true(is_read(&f, t, 4000));
}

static void a_log_is_deleted_with_its_response(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct store_stream_log log;

	added(&f, t, "the events of this test");
	ended(&f, t, "the last events of this test");
	assert_true(turns_file_holds(&f, "events of this test"));
	turns_delete(&f, "resp_1");
	assert_false(turns_file_holds(&f, "events of this test"));
	assert_string_equal(read_log(&f, t->row, 0, true, &log), "");
	assert_false(log.running);
}

static void nothing_is_added_to_a_deleted_response(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct store_outcome o = turns_outcome(*state, STORE_CANCELLED, "");
	struct error why;

	turns_cancel(&f, "resp_1");
	turns_delete(&f, "resp_1");
	added(&f, t, "late");
	error_set(&why, ERROR_CLIENT_GONE, "x");
	o.error = &why;
	o.events = "the end";
	turns_close(&f, t, &o);
	assert_int_equal(
		database_int(f.path, "SELECT count(*) FROM stream_logs"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(batches_are_read_in_order_from_any_position),
		TEST(the_last_batch_is_written_with_the_end),
		TEST(a_turn_opened_at_its_end_has_its_last_batch),
		TEST(a_response_that_is_not_stored_has_no_log),
		TEST(a_dead_or_cancelled_response_is_not_running),
		TEST(the_writer_knows_whether_it_has_a_reader),
		TEST(a_log_is_deleted_with_its_response),
		TEST(nothing_is_added_to_a_deleted_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
