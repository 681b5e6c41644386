/* SPDX-License-Identifier: MIT */
/* Requests as their owner finds them. */
#include "tests/unit/support/test.h"

#include <sqlite3.h>
#include <string.h>

#include "store/requests.h"
#include "store/running.h"
#include "store/overview.h"
#include "tests/unit/support/turns.h"

static void play(struct turns *f, const char *id, const char *conversation,
		 enum store_status status)
{
	struct store_turn *t = turns_opened(f, id, conversation);
	struct store_outcome o = turns_outcome(f->arena, status, "yes");

	o.request = turns_request(f->arena, t, 0, "hello");
	turns_close(f, t, &o);
}

/* Four requests of the key "k", the newest of which runs. */
static struct turns played(struct arena *a)
{
	struct turns f = turns_begin(a);

	play(&f, "req_done", "c", STORE_DONE);
	play(&f, "req_failed", "c", STORE_FAILED);
	play(&f, "req_last", NULL, STORE_DONE);
	turns_opened(&f, "req_running", "d");
	return f;
}

static const char *ids(struct turns *f, const struct request_filter *filter)
{
	struct store_request *list;
	const char *text = "";
	struct error e;
	size_t n;

	assert_true(
		store_requests_list(f->store, filter, &list, &n, f->arena, &e));
	for (size_t i = 0; i < n; i++)
		text = arena_printf(f->arena, "%s%s%s", text, i > 0 ? " " : "",
				    list[i].id);
	return text;
}

static void the_newest_come_first_and_as_many_as_asked_for(void **state)
{
	struct turns f = played(*state);
	const struct request_filter two = { .limit = 2 }, all = { .limit = 9 };

	assert_string_equal(ids(&f, &two), "req_running req_last");
	assert_string_equal(ids(&f, &all),
			    "req_running req_last req_failed req_done");
}

static void filters_hold_together_whichever_index_is_used(void **state)
{
	static const struct {
		struct request_filter filter;
		const char *ids;
	} rows[] = {
		{ { .limit = 9, .failed = true }, "req_failed" },
		{ { .limit = 9, .failed = true, .key = "key" }, "req_failed" },
		{ { .limit = 1, .key = "key" }, "req_running" },
		{ { .limit = 9, .model = "none" }, "" },
		{ { .limit = 9, .model = "none", .key = "key" }, "" },
		{ { .limit = 9, .model = "none", .failed = true }, "" },
		{ { .limit = 9, .since = INT64_MAX }, "" },
		{ { .limit = 9, .since = INT64_MAX, .key = "key" }, "" },
		{ { .limit = 9, .until = 1 }, "" },
	};
	struct turns f = played(*state);

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(ids(&f, &rows[i].filter), rows[i].ids);
}

static void a_key_that_does_not_exist_is_said(void **state)
{
	const struct request_filter filter = { .limit = 1, .key = "nobody" };
	struct turns f = played(*state);
	struct store_request *list;
	struct error e;
	size_t n;

	assert_false(
		store_requests_list(f.store, &filter, &list, &n, f.arena, &e));
	assert_error(&e, ERROR_NOT_FOUND, "");
	assert_contains(e.message, "nobody");
}

static void a_request_is_found_by_its_id_with_all_it_has(void **state)
{
	struct turns f = played(*state);
	struct store_request r;
	struct error e;

	assert_true(store_request_find(f.store, "req_done", &r, f.arena, &e));
	assert_string_equal(r.status, "done");
	assert_string_equal(r.key, "key");
	assert_string_equal(r.conversation, "c");
	assert_int_not_equal(r.started_at, 0);
	assert_true(store_request_find(f.store, "req_last", &r, f.arena, &e));
	assert_null(r.conversation);
	assert_true(
		store_request_find(f.store, "req_running", &r, f.arena, &e));
	assert_string_equal(r.status, "running");
	assert_int_equal(r.duration_ms, STORE_ABSENT);
	assert_false(store_request_find(f.store, "req_none", &r, f.arena, &e));
	assert_error(&e, ERROR_NOT_FOUND, "");
}

static void a_stored_response_finds_its_request(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_request r;
	struct error e;

	turns_store(&f, "resp_1", NULL, NULL, "hello", "yes");
	assert_true(store_request_find(f.store, "resp_1", &r, f.arena, &e));
	assert_string_equal(r.status, "done");
}

static void those_after_a_number_come_in_their_order(void **state)
{
	struct turns f = played(*state);
	struct store_request *list;
	int64_t newest;
	struct error e;
	size_t n;

	assert_true(store_requests_newest(f.store, &newest, &e));
	assert_true(store_requests_after(f.store, newest - 2, &list, &n,
					 f.arena, &e));
	assert_int_equal(n, 2);
	assert_string_equal(list[0].id, "req_last");
	assert_string_equal(list[1].id, "req_running");
	assert_true(
		store_requests_after(f.store, newest, &list, &n, f.arena, &e));
	assert_int_equal(n, 0);
}

static void attempts_come_in_their_order_with_what_did_not_happen(void **state)
{
	struct turns f = played(*state);
	struct store_attempt *list;
	struct store_request r;
	struct error e;
	sqlite3 *db;
	size_t n;

	assert_true(store_request_find(f.store, "req_done", &r, f.arena, &e));
	assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(
			db,
			"INSERT INTO listed_attempts (request_seq, number, "
			"choice, credential, service, began_ms, end_ms, "
			"first_byte_ms, words) SELECT seq, 2, 0, 'two', "
			"'platform', 40, 90, 70, NULL FROM requests "
			"WHERE id = 'req_done' UNION ALL SELECT seq, 1, "
			"0, 'one', 'platform', 3, 40, NULL, 'no' FROM "
			"requests WHERE id = 'req_done'",
			NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	assert_true(
		store_request_attempts(f.store, r.seq, &list, &n, f.arena, &e));
	assert_int_equal(n, 2);
	assert_string_equal(list[0].credential, "one");
	assert_string_equal(list[0].words, "no");
	assert_int_equal(list[0].first_byte_ms, -1);
	assert_int_equal(list[1].first_byte_ms, 70);
	assert_null(list[1].words);
}

static void the_status_counts_what_is_there(void **state)
{
	struct turns f = played(*state);
	struct store_overview s;
	struct error e;

	assert_true(store_overview_read(f.store, 0, &s, f.arena, &e));
	assert_int_equal(s.keys, 1);
	assert_int_equal(s.running, 1);
	assert_int_equal(s.requests, 3);
	assert_int_equal(s.failures, 1);
	assert_int_equal(
		s.hours[OVERVIEW_HOURS - 1] + s.hours[OVERVIEW_HOURS - 2], 3);
	assert_int_equal(s.hours[0], 0);
	assert_true(s.schema_version > 0);
	assert_true(s.free_bytes >= 0 && s.free_bytes < s.file_bytes);
	assert_int_equal(s.oldest_at,
			 database_int(f.path, "SELECT min(started_at) "
					      "FROM requests"));
	assert_true(s.file_bytes > 0);
	assert_true(store_overview_read(f.store, INT64_MAX, &s, f.arena, &e));
	assert_int_equal(s.requests, 0);
	assert_int_equal(s.n_costs, 0);
}

static int64_t running(struct turns *f)
{
	struct store_overview s;
	struct error e;

	assert_true(store_overview_read(f->store, 0, &s, f->arena, &e));
	return s.running;
}

/* Most have no row in their first second. */
static void the_status_counts_requests_from_their_beginning(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = database_turn(*state, "req_1", NULL);
	struct store_running *first = store_running_begin(f.store, t, *state);

	assert_non_null(first);
	assert_int_equal(running(&f), 1);
	turns_open(&f, t);
	assert_int_equal(running(&f), 1);
	t = database_turn(*state, "req_2", NULL);
	assert_non_null(store_running_begin(f.store, t, *state));
	assert_int_equal(running(&f), 2);
	store_running_end(first, true);
	assert_int_equal(running(&f), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_newest_come_first_and_as_many_as_asked_for),
		TEST(filters_hold_together_whichever_index_is_used),
		TEST(a_key_that_does_not_exist_is_said),
		TEST(a_request_is_found_by_its_id_with_all_it_has),
		TEST(a_stored_response_finds_its_request),
		TEST(those_after_a_number_come_in_their_order),
		TEST(attempts_come_in_their_order_with_what_did_not_happen),
		TEST(the_status_counts_what_is_there),
		TEST(the_status_counts_requests_from_their_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
