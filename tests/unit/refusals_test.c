/* SPDX-License-Identifier: MIT */
/* Requests that are refused before Kimi is asked leave rows. */
#include "tests/unit/support/test.h"

#include "store/refusals.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refused_request_has_a_row_of_its_key),
		TEST(unknown_callers_share_one_key),
		TEST(a_text_that_may_quote_is_not_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
