/* SPDX-License-Identifier: MIT */
/* Requests that are refused before Kimi is asked leave rows. */
#include "tests/unit/support/test.h"

#include "store/refusals.h"
#include "tests/unit/support/skipped_time.h"
#include "tests/unit/support/turns.h"

static void refuse(struct turns *f, const char *request,
		   const struct store_owner *owner, const char *text)
{
	struct error why, e;
	const struct store_refusal r = {
		.request = request,
		.owner = owner,
		.dialect = "openai_chat",
		.model = "m",
		.started_ms = 1000,
		.duration_ms = 2,
		.http_status = 401,
		.error = &why,
	};

	error_set(&why, ERROR_API_KEY, "%s", text);
	assert_true(store_refuse(f->store, &r, &e));
}

static const char *text(struct turns *f, const char *sql)
{
	return database_text(f->arena, f->path, sql);
}

static void a_refused_request_has_a_row_of_its_key(void **state)
{
	struct turns f = turns_begin(*state);
	const struct store_owner owner = { .fingerprint = "f", .label = "l" };

	refuse(&f, "r1", &owner, "No.");
	assert_string_equal(
		text(&f, "SELECT r.id || status || model || http_status || "
			 "error_kind || error || duration_ms || label "
			 "FROM requests r JOIN keys k ON k.id = key_id"),
		"r1refusedm401api_keyNo.2l");
}

static void unknown_callers_share_one_key(void **state)
{
	struct turns f = turns_begin(*state);

	refuse(&f, "r1", NULL, "No.");
	refuse(&f, "r2", NULL, "No.");
	assert_string_equal(text(&f, "SELECT count(*) || origin || label "
				     "FROM requests JOIN keys k "
				     "ON k.id = key_id GROUP BY key_id"),
			    "2nobodynobody");
}

static void a_text_that_may_quote_is_not_recorded(void **state)
{
	struct turns f = turns_begin(*state);

	refuse(&f, "r1", NULL, "");
	assert_string_equal(text(&f, "SELECT error IS NULL FROM v_errors "
				     "WHERE status = 'refused'"),
			    "1");
}

/* The rest are in the sums, soon. */
static void a_flood_has_few_rows_and_is_counted(void **state)
{
	struct turns f = turns_begin(*state);
	const struct store_owner owner = { .fingerprint = "f", .label = "l" };

	skipped_time_begin();
	for (int i = 0; i < 1000; i++)
		refuse(&f, arena_printf(*state, "r%d", i), NULL, "No.");
	refuse(&f, "other", &owner, "No.");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests"),
			 STORE_REFUSED_ROWS + 1);
	skipped_time_pass(1000);
	turns_play(&f, "r", 0, "one", "first");
	assert_string_equal(text(&f, "SELECT group_concat(refusals) FROM "
				     "(SELECT sum(refusals) AS refusals "
				     "FROM usage_by_day GROUP BY key_id "
				     "ORDER BY 1)"),
			    "0,1,1000");
	skipped_time_pass(60000);
	refuse(&f, "later", NULL, "No.");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests "
					      "WHERE id = 'later'"),
			 1);
}

static void all_processes_count_together(void **state)
{
	struct turns f = turns_begin(*state);

	assert_false(store_refusals_full(f.path, NULL));
	for (int i = 0; i < STORE_REFUSED_ROWS + 1; i++)
		refuse(&f, arena_printf(*state, "r%d", i), NULL, "No.");
	assert_true(store_refusals_full(f.path, NULL));
}

/* As one that ends before a request was complete. */
static void a_client_that_left_has_cancelled(void **state)
{
	struct turns f = turns_begin(*state);
	struct error why, e;
	const struct store_refusal r = { .request = "r1",
					 .dialect = "openai_chat",
					 .model = "",
					 .error = &why };

	error_set(&why, ERROR_CLIENT_GONE, "Gone.");
	assert_true(store_refuse(f.store, &r, &e));
	assert_string_equal(text(&f, "SELECT status || (http_status IS NULL) "
				     "FROM requests"),
			    "cancelled1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refused_request_has_a_row_of_its_key),
		TEST(unknown_callers_share_one_key),
		TEST(a_text_that_may_quote_is_not_recorded),
		TEST(a_flood_has_few_rows_and_is_counted),
		TEST(all_processes_count_together),
		TEST(a_client_that_left_has_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
