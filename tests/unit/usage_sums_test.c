/* SPDX-License-Identifier: MIT */
/* The sums of usage are those of the rows of requests. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "store/refusals.h"
#include "store/verify.h"
#include "tests/unit/support/turns.h"

#define MINUTE (INT64_C(60) * 1000)
#define DAY (INT64_C(24) * 60 * MINUTE)
#define NOON (INT64_C(20000) * DAY + DAY / 2)

static void play(struct turns *f, const char *request, int64_t started_ms,
		 enum store_status status, const struct chat_usage *usage)
{
	struct store_turn *t = database_turn(f->arena, request, NULL);
	struct store_outcome o = turns_outcome(f->arena, status, "a");
	struct error why;

	error_set(&why, ERROR_UPSTREAM, "x");
	t->started_ms = started_ms;
	o.usage = *usage;
	o.error = status == STORE_DONE ? NULL : &why;
	turns_close(f, t, &o);
}

static const struct chat_usage some = { .source = CHAT_USAGE_UPSTREAM,
					.prompt = 10,
					.completion = 5,
					.cached = 2,
					.reasoning = 1,
					.cache_write = 4,
					.cache_write_1h = 3,
					.searches = 6 };
static const struct chat_usage nothing;

/* The same twice: by the rows, and by the sums. */
#define OF_ROWS(ms)                                                             \
	"SELECT json_group_array(json_array(began, k, m, v, c, s, n, bad, no, " \
	"p, q, r, t, w, h, x)) FROM (SELECT started_at / " ms " * " ms          \
	" AS began, "                                                           \
	"key_id AS k, CASE status WHEN 'refused' THEN '' ELSE model END AS "    \
	"m, coalesce(service, '') AS v, coalesce(credential, '') AS c, "        \
	"coalesce(token_source, 'none') "                                       \
	"AS s, count(*) AS n, count(CASE WHEN status IN ('failed', "            \
	"'cancelled') THEN 1 END) AS bad, count(CASE status WHEN 'refused' "    \
	"THEN 1 END) AS no, coalesce(sum(prompt_tokens), 0) AS p, "             \
	"coalesce(sum(completion_tokens), 0) AS q, "                            \
	"coalesce(sum(cached_tokens), 0) AS r, "                                \
	"coalesce(sum(reasoning_tokens), 0) AS t, "                             \
	"coalesce(sum(cache_write_tokens), 0) AS w, "                           \
	"coalesce(sum(cache_write_1h_tokens), 0) AS h, "                        \
	"coalesce(sum(searches), 0) AS x FROM requests "                        \
	"GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6)"
#define OF_SUMS(table, step)                                                   \
	"SELECT json_group_array(json_array(began_at, key_id, model, "         \
	"service, credential, token_source, requests, failures, refusals, "    \
	"prompt_tokens, completion_tokens, cached_tokens, "                    \
	"reasoning_tokens, cache_write_tokens, cache_write_1h_tokens, "        \
	"searches)) FROM (SELECT began_at / " step " * " step                  \
	" AS began_at, key_id, model, "                                        \
	"service, credential, token_source, sum(requests) AS requests, "       \
	"sum(failures) AS failures, sum(refusals) AS refusals, "               \
	"sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS "      \
	"completion_tokens, sum(cached_tokens) AS cached_tokens, "             \
	"sum(reasoning_tokens) AS reasoning_tokens, "                          \
	"sum(cache_write_tokens) AS cache_write_tokens, "                      \
	"sum(cache_write_1h_tokens) AS cache_write_1h_tokens, "                \
	"sum(searches) AS searches FROM " table                                \
	" GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6)"

static void assert_sums_equal_rows(struct turns *f)
{
	assert_string_equal(database_text(f->arena, f->path,
					  OF_SUMS("usage_quarters", "900000")),
			    database_text(f->arena, f->path,
					  OF_ROWS("900000")));
	assert_string_equal(database_text(f->arena, f->path,
					  OF_SUMS("usage_by_day", "86400000")),
			    database_text(f->arena, f->path,
					  OF_ROWS("86400000")));
}

static void refuse(struct turns *f, const char *request, int64_t started_ms)
{
	const struct store_owner owner = { .fingerprint = "k", .label = "key" };
	struct error e, why;

	error_set(&why, ERROR_BAD_REQUEST, "no");
	assert_true(
		store_refuse(f->store,
			     &(struct store_refusal){ .request = request,
						      .owner = &owner,
						      .dialect = "openai_chat",
						      .model = request,
						      .started_ms = started_ms,
						      .http_status = 400,
						      .error = &why },
			     &e));
}

/* What the check of that name found; NULL: it is right. */
static const char *found(struct turns *f, const char *name)
{
	struct store_check checks[STORE_CHECKS];
	struct error e;
	size_t n;

	if (!store_verify(f->store, NULL, checks, &n, f->arena, &e))
		fail_msg("%s", e.message);
	for (size_t i = 0; i < n; i++)
		if (strcmp(checks[i].name, name) == 0)
			return checks[i].found;
	fail_msg("there is no check %s", name);
	return NULL;
}

static void sums_of_quarters_and_days_equal_the_rows(void **state)
{
	static const enum store_status statuses[] = { STORE_DONE, STORE_FAILED,
						      STORE_CANCELLED };
	struct turns f = turns_begin(*state);

	for (int i = 0; i < 40; i++)
		play(&f, arena_printf(*state, "r%d", i),
		     NOON + i / 2 * 7 * MINUTE, statuses[i % 3],
		     i % 4 == 0 ? &nothing : &some);
	refuse(&f, "a-model-that-nobody-knows", NOON);
	refuse(&f, "another-model", NOON);
	assert_sums_equal_rows(&f);
	assert_int_equal(database_int(f.path, "SELECT requests "
					      "FROM usage_quarters "
					      "WHERE model = ''"),
			 2);
	assert_int_equal(database_int(f.path, "SELECT sum(requests) "
					      "FROM usage_by_day"),
			 42);
}

static void days_that_are_over_have_rows_of_their_own(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();

	play(&f, "r1", now - 2 * DAY, STORE_DONE, &some);
	play(&f, "r2", now - DAY, STORE_DONE, &some);
	play(&f, "r3", now, STORE_DONE, &some);
	assert_int_equal(
		database_int(f.path, "SELECT count(*) FROM usage_days"), 2);
	assert_int_equal(database_int(f.path, "SELECT sum(in_day) "
					      "FROM usage_quarters"),
			 2);
	assert_sums_equal_rows(&f);
}

/* A new quarter adds up what ended since the last one began. */
static void what_ends_after_its_day_is_added_to_it(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();

	for (int i = 0; i < 4; i++) {
		play(&f, arena_printf(*state, "late%d", i), now - DAY,
		     STORE_DONE, &some);
		assert_sums_equal_rows(&f);
		play(&f, arena_printf(*state, "later%d", i),
		     now - DAY - 20 * MINUTE, STORE_FAILED, &some);
		assert_sums_equal_rows(&f);
		play(&f, arena_printf(*state, "today%d", i),
		     now + i * 15 * MINUTE, STORE_DONE, &some);
		assert_sums_equal_rows(&f);
	}
	assert_int_equal(database_int(f.path, "SELECT sum(requests) "
					      "FROM usage_days"),
			 8);
	assert_null(found(&f, "usage in all"));
}

/* Many streams end after midnight: they are not a row each. */
static void what_ends_late_together_has_few_rows(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();

	play(&f, "r1", now - DAY, STORE_DONE, &some);
	play(&f, "r2", now, STORE_DONE, &some);
	for (int i = 0; i < 10; i++)
		play(&f, arena_printf(*state, "late%d", i), now - DAY,
		     STORE_DONE, i % 2 == 0 ? &some : &nothing);
	assert_int_equal(
		database_int(f.path, "SELECT count(*) FROM usage_quarters"), 4);
	assert_sums_equal_rows(&f);
}

/* … to tomorrow, and back: yesterday's process was a day ahead. */
static void a_clock_that_was_wrong_loses_nothing(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();

	play(&f, "r1", now + DAY, STORE_DONE, &some);
	play(&f, "r2", now, STORE_DONE, &some);
	play(&f, "r3", now + DAY, STORE_FAILED, &nothing);
	play(&f, "r4", now + 3 * DAY, STORE_DONE, &some);
	assert_sums_equal_rows(&f);
}

static void latency_is_counted_by_upper_bounds(void **state)
{
	struct turns f = turns_begin(*state);
	static const int64_t ms[] = { 0, 500, 501, 9999, 100001 };

	for (int i = 0; i < 5; i++) {
		struct store_turn *t = database_turn(
			*state, arena_printf(*state, "r%d", i), NULL);
		struct store_outcome o = turns_outcome(*state, STORE_DONE, "a");

		t->started_ms = NOON;
		o.first_token_ms = i == 0 ? -1 : ms[i];
		o.duration_ms = ms[i];
		o.credential_label = "web:a…b";
		turns_close(&f, t, &o);
	}
	refuse(&f, "r9", NOON);
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT json_array(sum(timed), sum(duration_ms), "
			      "sum(took_500ms), sum(took_1s), sum(took_5s), "
			      "sum(took_10s), sum(took_100s), sum(begun), "
			      "sum(first_token_ms), sum(first_500ms), "
			      "sum(first_100s)) FROM usage_by_day"),
		"[5,111001,2,3,3,4,4,4,111001,1,3]");
}

static struct turns begin_many(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t now = clock_wall_ms();

	for (int i = 0; i < 20; i++)
		play(&f, arena_printf(*state, "r%d", i),
		     now - 2 * DAY + i * 3 * 60 * MINUTE, STORE_DONE, &some);
	refuse(&f, "unknown", now);
	return f;
}

static void a_check_says_whether_sums_equal_rows(void **state)
{
	static const char *const harm[] = {
		"UPDATE usage_quarters SET cost = cost + 1",
		"UPDATE usage_quarters SET requests = 2 WHERE in_day = 0",
		"DELETE FROM usage_quarters WHERE began_at = "
		"(SELECT max(began_at) FROM usage_quarters WHERE model <> '')",
		"DELETE FROM requests WHERE seq = 7",
		"UPDATE requests SET prompt_tokens = 11 WHERE seq = 20",
		"UPDATE usage_quarters SET credential = 'b' WHERE began_at = "
		"(SELECT min(began_at) FROM usage_quarters)",
		"UPDATE usage_quarters SET prompt_tokens = completion_tokens, "
		"completion_tokens = prompt_tokens",
	};

	for (size_t i = 0; i < sizeof(harm) / sizeof(*harm); i++) {
		struct turns f = begin_many(state);

		assert_null(found(&f, "usage by quarters"));
		assert_null(found(&f, "usage by days"));
		database_run(f.path, harm[i]);
		if (found(&f, "usage by quarters") == NULL)
			fail_msg("nothing is found after %s", harm[i]);
	}
}

static void refusals_without_rows_are_not_wrong(void **state)
{
	struct turns f = begin_many(state);

	database_run(f.path, "UPDATE usage_quarters SET refusals = 5, "
			     "requests = 5 WHERE model = ''");
	assert_null(found(&f, "usage by quarters"));
	assert_null(found(&f, "usage by days"));
	database_run(f.path, "UPDATE usage_quarters SET refusals = 0, "
			     "requests = 0 WHERE model = ''");
	assert_non_null(found(&f, "usage by quarters"));
}

static void a_check_says_whether_days_are_right(void **state)
{
	static const char *const harm[] = {
		"UPDATE usage_days SET completion_tokens = 1",
		"DELETE FROM usage_days",
		"UPDATE usage_quarters SET in_day = 0",
		"UPDATE usage_quarters SET in_day = 1",
	};

	for (size_t i = 0; i < sizeof(harm) / sizeof(*harm); i++) {
		struct turns f = begin_many(state);

		database_run(f.path, harm[i]);
		assert_null(found(&f, "usage by quarters"));
		if (found(&f, "usage by days") == NULL)
			fail_msg("nothing is found after %s", harm[i]);
	}
}

static void a_check_says_whether_all_is_the_sum_of_days(void **state)
{
	static const char *const harm[] = {
		"UPDATE usage_totals SET cost = cost - 1",
		"UPDATE usage_totals SET took_1s = took_1s + 1",
		"DELETE FROM usage_totals",
		"UPDATE usage_totals SET model = 'another'",
	};

	for (size_t i = 0; i < sizeof(harm) / sizeof(*harm); i++) {
		struct turns f = begin_many(state);

		assert_null(found(&f, "usage in all"));
		database_run(f.path, harm[i]);
		assert_null(found(&f, "usage by days"));
		if (found(&f, "usage in all") == NULL)
			fail_msg("nothing is found after %s", harm[i]);
	}
}

static void sums_without_their_old_quarters_are_right(void **state)
{
	struct turns f = begin_many(state);

	database_run(f.path, "DELETE FROM usage_quarters WHERE began_at < "
			     "(SELECT max(began_at) FROM usage_quarters "
			     "WHERE in_day = 1)");
	assert_null(found(&f, "usage by quarters"));
	assert_null(found(&f, "usage by days"));
	database_run(f.path, "DELETE FROM requests WHERE seq = 1");
	assert_non_null(found(&f, "usage by days"));
}

/* It had sums of days alone, of all but those that were interrupted. */
static void sums_of_an_older_file_equal_the_rows(void **state)
{
	struct turns f = { .arena = *state,
			   .path = database_of_version(*state, 14) };

	database_run(
		f.path,
		"INSERT INTO keys (id, fingerprint, label, created_at) "
		"VALUES (1, 'k', 'key', 1);"
		"WITH n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n "
		"WHERE i < 299) "
		"INSERT INTO requests (id, key_id, dialect, model, stream, "
		"lease_until, started_at, status, error_kind, credential, "
		"token_source, prompt_tokens, completion_tokens, "
		"cached_tokens, reasoning_tokens, duration_ms, first_token_ms) "
		"SELECT 'r' || i, 1, 'openai_chat', 'm' || i % 2, 0, 0, "
		"(unixepoch() - i * 40000) * 1000, "
		"CASE i % 7 WHEN 0 THEN 'failed' ELSE 'done' END, "
		"CASE i % 7 WHEN 0 THEN 'interrupted' END, 'a', "
		"CASE WHEN i % 7 > 0 THEN 'upstream' END, "
		"CASE WHEN i % 7 > 0 THEN i END, "
		"1, 1, 1, i, i FROM n;"
		"INSERT INTO counters SELECT date(started_at / 1000, "
		"'unixepoch') AS day, key_id, model, token_source, count(*), "
		"0, sum(prompt_tokens), sum(completion_tokens), "
		"sum(cached_tokens), sum(reasoning_tokens) FROM requests "
		"WHERE status = 'done' GROUP BY day, key_id, model;");
	f.store = database_open(*state, f.path);
	assert_null(found(&f, "usage by quarters"));
	assert_null(found(&f, "usage by days"));
	assert_null(found(&f, "usage in all"));
	assert_int_equal(database_int(f.path, "SELECT sum(requests) "
					      "FROM usage_totals"),
			 300);
	assert_int_equal(database_int(f.path, "SELECT sum(requests) "
					      "FROM usage_by_day"),
			 300);
	assert_int_equal(database_int(f.path, "SELECT sum(failures) "
					      "FROM usage_by_day"),
			 43);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sums_of_quarters_and_days_equal_the_rows),
		TEST(days_that_are_over_have_rows_of_their_own),
		TEST(what_ends_after_its_day_is_added_to_it),
		TEST(what_ends_late_together_has_few_rows),
		TEST(a_clock_that_was_wrong_loses_nothing),
		TEST(latency_is_counted_by_upper_bounds),
		TEST(a_check_says_whether_sums_equal_rows),
		TEST(refusals_without_rows_are_not_wrong),
		TEST(a_check_says_whether_days_are_right),
		TEST(a_check_says_whether_all_is_the_sum_of_days),
		TEST(sums_without_their_old_quarters_are_right),
		TEST(sums_of_an_older_file_equal_the_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
