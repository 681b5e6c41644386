/* SPDX-License-Identifier: MIT */
/* Errors as Anthropic's clients get them. */
#include "dialect/anthropic/error.h"

#include "tests/unit/support/site.h"
#include "tests/unit/support/test.h"

#define ID "abcdefghijklmnopqrstuvwx"

static const char *error_response(struct arena *a, const struct error *e,
				  int64_t prompt_tokens)
{
	struct string_gateway *g = string_gateway_new(a, "POST", "/", NULL);
	struct response r;
	struct sink sink;

	sink_init(&sink, &g->gateway);
	response_init(&r, &sink, false);
	r.id = "req_" ID;
	anthropic_error_sized(a, &r, e, prompt_tokens);
	response_fini(&r);
	return buf_text(&g->out);
}

static void errors_have_anthropics_types(void **state)
{
	static const struct {
		enum error_kind kind;
		int status;
		const char *type;
	} rows[] = {
		{ ERROR_VALUE, 400, "invalid_request_error" },
		{ ERROR_API_KEY, 401, "authentication_error" },
		{ ERROR_QUOTA, 402, "billing_error" },
		{ ERROR_FORBIDDEN, 403, "permission_error" },
		{ ERROR_MODEL, 404, "not_found_error" },
		{ ERROR_METHOD, 405, "invalid_request_error" },
		{ ERROR_BUSY, 409, "conflict_error" },
		{ ERROR_TOO_LARGE, 413, "request_too_large" },
		{ ERROR_RATE_LIMIT, 429, "rate_limit_error" },
		{ ERROR_INTERNAL, 500, "api_error" },
		{ ERROR_UPSTREAM, 502, "api_error" },
		{ ERROR_TIMEOUT, 504, "timeout_error" },
		{ ERROR_OVERLOADED, 529, "overloaded_error" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e;
		const char *r;

		error_set(&e, rows[i].kind, "Why.");
		r = error_response(*state, &e, 0);
		assert_contains(r, arena_printf(*state, "Status: %d ",
						rows[i].status));
		assert_string_equal(
			site_body(r),
			arena_printf(*state,
				     "{\"type\":\"error\",\"error\":{\"type\":"
				     "\"%s\",\"message\":\"Why.\"},"
				     "\"request_id\":\"req_" ID "\"}",
				     rows[i].type));
	}
}

static void an_error_names_its_field_once(void **state)
{
	static const struct {
		const char *param, *message, *expected;
	} rows[] = {
		{ "", "Why.", "\"message\":\"Why.\"" },
		{ "messages.0.content.1.source", "It is empty.",
		  "\"message\":\"messages.0.content.1.source: It is empty.\"" },
		{ "messages.0.role", "messages.0.role: Field required",
		  "\"message\":\"messages.0.role: Field required\"" },
		{ "stream", "'stream' must be a boolean.",
		  "\"message\":\"'stream' must be a boolean.\"" },
		{ "stream", "'streams' is no field.",
		  "\"message\":\"stream: 'streams' is no field.\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e;

		error_field(&e, ERROR_VALUE, rows[i].param, "%s",
			    rows[i].message);
		assert_contains(error_response(*state, &e, 0),
				rows[i].expected);
	}
}

static void every_kind_of_error_has_a_type(void **state)
{
	for (int kind = 0; kind < ERROR_KINDS; kind++) {
		struct error e;

		error_set(&e, (enum error_kind)kind, "Why.");
		assert_contains(error_response(*state, &e, 0), "_");
		assert_lacks(error_response(*state, &e, 0), "null");
	}
}

static void a_time_to_wait_is_reported(void **state)
{
	struct error e;

	error_set(&e, ERROR_RATE_LIMIT, "Slow.");
	e.retry_after_ms = 1500;
	assert_contains(error_response(*state, &e, 0), "Retry-After: 2\r\n");
	error_set(&e, ERROR_QUOTA, "Empty.");
	assert_contains(error_response(*state, &e, 0),
			"x-should-retry: false\r\n");
}

/* Claude Code looks for these words and these numbers. */
static void a_prompt_that_is_too_long_is_reported_in_numbers(void **state)
{
	static const struct {
		int64_t max, asked, prompt;
		const char *told;
	} rows[] = {
		{ 262144, 300000, 0,
		  "prompt is too long: 300000 tokens > 262144 maximum" },
		{ 1000, 0, 1200,
		  "prompt is too long: 1200 tokens > 1000 maximum" },
		{ 1000, 0, 900,
		  "prompt is too long: 1001 tokens > 1000 maximum" },
		{ 131072, 0, 0,
		  "prompt is too long: 131073 tokens > 131072 maximum" },
		{ 0, 0, 5, "prompt is too long: Input token length too long" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const cJSON *body;
		struct error e;

		error_set(&e, ERROR_CONTEXT_LENGTH,
			  "Input token length too long");
		e.max_tokens = rows[i].max;
		e.prompt_tokens = rows[i].asked;
		body = parse(*state, site_body(error_response(*state, &e,
							      rows[i].prompt)));
		assert_string_equal(json_text(body, "error.message"),
				    rows[i].told);
		assert_string_equal(json_text(body, "error.type"),
				    "invalid_request_error");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(errors_have_anthropics_types),
		TEST(an_error_names_its_field_once),
		TEST(every_kind_of_error_has_a_type),
		TEST(a_time_to_wait_is_reported),
		TEST(a_prompt_that_is_too_long_is_reported_in_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
