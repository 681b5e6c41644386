/* SPDX-License-Identifier: MIT */
/* What every failure of every service means. */
#include "tests/unit/support/test.h"

#include "upstream/cooldown.h"
#include "upstream/failure.h"

static void platform_errors_have_their_kinds(void **state)
{
	static const struct {
		long status;
		const char *type, *message;
		enum error_kind kind;
		const char *param;
	} rows[] = {
		{ 400, "content_filter", "rejected", ERROR_CONTENT_FILTER, "" },
		{ 400, "invalid_request_error",
		  "The request was rejected because it was considered high "
		  "risk",
		  ERROR_CONTENT_FILTER, "" },
		{ 400, "invalid_request_error",
		  "Invalid request: Your request exceeded model token limit: 1",
		  ERROR_CONTEXT_LENGTH, "" },
		{ 400, "invalid_request_error", "Input token length too long",
		  ERROR_CONTEXT_LENGTH, "" },
		{ 400, "invalid_request_error", "Invalid request: x",
		  ERROR_VALUE, "" },
		{ 401, "invalid_authentication_error", "Invalid",
		  ERROR_CREDENTIAL, "" },
		{ 401, "incorrect_api_key_error", "Incorrect", ERROR_CREDENTIAL,
		  "" },
		{ 403, "permission_denied_error", "no", ERROR_FORBIDDEN, "" },
		{ 404, "resource_not_found_error", "Not found the model X",
		  ERROR_MODEL, "model" },
		{ 429, "engine_overloaded_error", "overloaded",
		  ERROR_RATE_LIMIT, "" },
		{ 429, "rate_limit_reached_error", "max RPM", ERROR_RATE_LIMIT,
		  "" },
		{ 429, "exceeded_current_quota_error", "no balance",
		  ERROR_QUOTA, "" },
		{ 500, "server_error", "x", ERROR_UPSTREAM, "" },
		{ 500, "unexpected_output", "x", ERROR_UPSTREAM, "" },
		{ 503, "server_unavailable", "x", ERROR_OVERLOADED, "" },
		{ 504, NULL, NULL, ERROR_TIMEOUT, "" },
		{ 502, NULL, NULL, ERROR_UPSTREAM, "" },
		{ 0, "server_error", "in the stream", ERROR_UPSTREAM, "" },
		{ 0, "rate_limit_reached_error", "x", ERROR_RATE_LIMIT, "" },
		{ 0, "content_filter", "x", ERROR_CONTENT_FILTER, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e;

		assert_false(failure_set(
			&e, &(struct failure){ .wire = FAILURE_PLATFORM,
					       .status = rows[i].status,
					       .type = rows[i].type,
					       .message = rows[i].message }));
		assert_error(&e, rows[i].kind, rows[i].param);
	}
}

static void account_ids_are_not_passed_on(void **state)
{
	struct error e;

	(void)state;
	failure_set(&e, &(struct failure){
				.wire = FAILURE_PLATFORM,
				.status = 429,
				.type = "rate_limit_reached_error",
				.message = "Your account org-1234abcd"
					   "<ak-5678efgh> request reached "
					   "organization max RPM: 3, please "
					   "try again after 7 seconds" });
	assert_lacks(e.message, "1234");
	assert_lacks(e.message, "5678");
	assert_contains(e.message, "max RPM: 3");
	assert_int_equal(e.retry_after_ms, 7000);
}

/* What each failure means for the key. */
static void a_key_of_kimi_code_cools_down_as_its_row_says(void **state)
{
	static const struct {
		int status, retries;
		const char *type, *message;
		int64_t cooldown_ms;
		enum error_kind kind;
	} rows[] = {
		{ 401, 0, "invalid_authentication_error",
		  "The API Key appears to be invalid or may have expired", 0,
		  ERROR_CREDENTIAL },
		{ 402, 0, "invalid_request_error",
		  "We're unable to verify your membership benefits", 300000,
		  ERROR_FORBIDDEN },
		{ 403, 0, "access_terminated_error",
		  "Kimi For Coding is currently only available for Coding "
		  "Agents",
		  0, ERROR_CLIENT_REFUSED },
		{ 403, 0, "permission_error",
		  "You've reached your usage limit for this billing cycle",
		  3600000, ERROR_QUOTA },
		{ 403, 0, "access_terminated_error", "Access terminated",
		  COOLDOWN_FOREVER, ERROR_FORBIDDEN },
		{ 429, 1, "engine_overloaded_error",
		  "The engine is currently overloaded", 5000,
		  ERROR_RATE_LIMIT },
		{ 429, 0, "rate_limit_reached_error",
		  "We're receiving too many requests", 0, ERROR_RATE_LIMIT },
		{ 429, 0, "rate_limit_reached_error",
		  "You've reached your usage limit for this period", 3600000,
		  ERROR_QUOTA },
		{ 429, 0, "exceeded_current_quota_error",
		  "You've reached your kimi monthly usage limit", 3600000,
		  ERROR_QUOTA },
		{ 400, 0, "invalid_request_error",
		  "total message size 3000000 exceeds limit 2097152", 0,
		  ERROR_CONTEXT_LENGTH },
		{ 400, 0, "invalid_request_error",
		  "Your request exceeded model token limit: 262144 "
		  "(requested: 300000)",
		  0, ERROR_CONTEXT_LENGTH },
		{ 400, 0, "invalid_request_error",
		  "function name x is duplicated", 0, ERROR_VALUE },
		{ 404, 0, "resource_not_found_error",
		  "Not found the model x or Permission denied", 0,
		  ERROR_MODEL },
		{ 404, 0, NULL, "Not found the model x or Permission denied", 0,
		  ERROR_MODEL },
		/* The URL is wrong, not the model. */
		{ 404, 0, NULL, "method not found", 0, ERROR_UPSTREAM },
		{ 404, 0, NULL, NULL, 0, ERROR_UPSTREAM },
		{ 499, 3, NULL, "context canceled", 0, ERROR_UPSTREAM },
		{ 500, 3, NULL, "internal: x", 0, ERROR_UPSTREAM },
	};
	static const enum failure_wire flavours[] = { FAILURE_CODE_CHAT,
						      FAILURE_CODE_MESSAGES };

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 2; i++) {
		struct error e;

		failure_set(&e, &(struct failure){
					.wire = flavours[i % 2],
					.status = rows[i / 2].status,
					.type = rows[i / 2].type,
					.message = rows[i / 2].message });
		assert_int_equal(e.kind, rows[i / 2].kind);
		assert_int_equal(e.cooldown_ms, rows[i / 2].cooldown_ms);
		assert_int_equal(e.retries, rows[i / 2].retries);
	}
}

static void for_kimi_web_words_take_precedence_over_statuses(void **state)
{
	static const struct {
		enum failure_wire service;
		int status;
		const char *type;
		enum error_kind kind;
	} rows[] = {
		{ FAILURE_WEB_LEGACY, 401, "auth.token.invalid",
		  ERROR_CREDENTIAL },
		{ FAILURE_WEB_LEGACY, 400, "auth.token.invalid",
		  ERROR_CREDENTIAL },
		{ FAILURE_WEB_LEGACY, 0, "chat.user_stream_pushing",
		  ERROR_RATE_LIMIT },
		{ FAILURE_WEB_LEGACY, 403, "chat.forbidden", ERROR_FORBIDDEN },
		{ FAILURE_WEB_LEGACY, 0, "openai.completion.stream",
		  ERROR_OVERLOADED },
		{ FAILURE_WEB_LEGACY, 0,
		  "openai.completion.token_length_too_long",
		  ERROR_CONTEXT_LENGTH },
		{ FAILURE_WEB_LEGACY, 404, NULL, ERROR_CHAT_GONE },
		{ FAILURE_WEB_LEGACY, 429, NULL, ERROR_RATE_LIMIT },
		{ FAILURE_WEB_LEGACY, 502, NULL, ERROR_UPSTREAM },
		{ FAILURE_WEB_CURRENT, 401, "REASON_INVALID_AUTH_TOKEN",
		  ERROR_CREDENTIAL },
		{ FAILURE_WEB_CURRENT, 0, "unauthenticated", ERROR_CREDENTIAL },
		{ FAILURE_WEB_CURRENT, 0,
		  "REASON_SERVER_OVERLOADED_FOR_FREE_USER", ERROR_RATE_LIMIT },
		{ FAILURE_WEB_CURRENT, 0, "resource_exhausted",
		  ERROR_RATE_LIMIT },
		{ FAILURE_WEB_CURRENT, 0, "REASON_QUOTA_EXCEEDED",
		  ERROR_QUOTA },
		{ FAILURE_WEB_CURRENT, 0, "REASON_CREDIT_USED_UP",
		  ERROR_QUOTA },
		{ FAILURE_WEB_CURRENT, 0, "REASON_COMPLETION_OVERLOADED",
		  ERROR_OVERLOADED },
		{ FAILURE_WEB_CURRENT, 0, "invalid_argument", ERROR_VALUE },
		{ FAILURE_WEB_CURRENT, 0, "permission_denied",
		  ERROR_FORBIDDEN },
		{ FAILURE_WEB_CURRENT, 0, "not_found", ERROR_CHAT_GONE },
		{ FAILURE_WEB_CURRENT, 0, "unavailable", ERROR_OVERLOADED },
		{ FAILURE_WEB_CURRENT, 0, "deadline_exceeded", ERROR_TIMEOUT },
		{ FAILURE_WEB_CURRENT, 0, "internal", ERROR_UPSTREAM },
		{ FAILURE_WEB_CURRENT, 502, NULL, ERROR_UPSTREAM },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e;

		failure_set(&e, &(struct failure){ .wire = rows[i].service,
						   .status = rows[i].status,
						   .type = rows[i].type });
		assert_int_equal(e.kind, rows[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(platform_errors_have_their_kinds),
		TEST(account_ids_are_not_passed_on),
		TEST(a_key_of_kimi_code_cools_down_as_its_row_says),
		TEST(for_kimi_web_words_take_precedence_over_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
