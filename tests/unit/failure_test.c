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
		{ 404, "resource_not_found_error",
		  "Not found the model X or Permission denied", ERROR_MODEL,
		  "model" },
		{ 404, "resource_not_found_error", "Not found", ERROR_NOT_FOUND,
		  "" },
		{ 404, NULL, "404 Not Found", ERROR_NOT_FOUND, "" },
		{ 404, NULL, NULL, ERROR_NOT_FOUND, "" },
		{ 401, NULL, "401 Authorization Required", ERROR_CREDENTIAL,
		  "" },
		{ 408, NULL, NULL, ERROR_TIMEOUT, "" },
		{ 413, NULL, "413 Request Entity Too Large", ERROR_TOO_LARGE,
		  "" },
		{ 413, "invalid_request_error", "too big", ERROR_TOO_LARGE,
		  "" },
		{ 413, NULL, NULL, ERROR_TOO_LARGE, "" },
		{ 422, "invalid_request_error", "tools: invalid", ERROR_VALUE,
		  "" },
		{ 429, "engine_overloaded_error", "overloaded",
		  ERROR_OVERLOADED, "" },
		{ 529, "overloaded_error", "Overloaded", ERROR_OVERLOADED, "" },
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
		{ 0, "invalid_request_error", "x", ERROR_VALUE, "" },
		{ 0, "invalid_authentication_error", "x", ERROR_CREDENTIAL,
		  "" },
		{ 0, "incorrect_api_key_error", "x", ERROR_CREDENTIAL, "" },
		{ 0, "permission_denied_error", "x", ERROR_FORBIDDEN, "" },
		{ 0, "resource_not_found_error", "Not found the model X",
		  ERROR_MODEL, "model" },
		{ 0, "engine_overloaded_error", "x", ERROR_OVERLOADED, "" },
		{ 0, NULL, NULL, ERROR_UPSTREAM, "" },
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

static const struct {
	long status;
	const char *type, *code, *message;
	int64_t max, prompt;
} overflows[] = {
	{ 400, "invalid_request_error", NULL,
	  "Invalid request: Your request exceeded model token limit: "
	  "262144 (requested: 300000)",
	  262144, 300000 },
	{ 400, "invalid_request_error", NULL, "Input token length too long", 0,
	  0 },
	{ 400, "invalid_request_error", "context_length_exceeded",
	  "This model's maximum context length is 131072 tokens. "
	  "However, your messages resulted in 140000 tokens.",
	  131072, 140000 },
	{ 400, "invalid_request_error", "context_length_exceeded", "x", 0, 0 },
	{ 400, "context_length_exceeded", NULL, NULL, 0, 0 },
	{ 400, "invalid_request_error", NULL,
	  "Your input exceeds the context window of this model. Please "
	  "adjust your input and try again.",
	  0, 0 },
	{ 400, "invalid_request_error", NULL,
	  "prompt is too long: 213462 tokens > 200000 maximum", 200000,
	  213462 },
	{ 413, "invalid_request_error", NULL, "Prompt is too long", 0, 0 },
	{ 413, NULL, NULL,
	  "This endpoint's maximum context length is 262144 tokens. "
	  "However, you requested about 300001 tokens",
	  262144, 300001 },
	{ 422, NULL, NULL,
	  "The input (300000 tokens) is longer than the model's context "
	  "length (262144 tokens).",
	  262144, 300000 },
	{ 422, NULL, NULL,
	  "`inputs` tokens + `max_new_tokens` must be <= 262145", 0, 0 },
	{ 400, "BadRequestError", NULL,
	  "The prompt is too long: 300000, model maximum context "
	  "length: 262143",
	  262143, 300000 },
	{ 400, NULL, NULL,
	  "input length and `max_tokens` exceed context limit: 250000 + "
	  "32000 > 262144",
	  0, 0 },
	{ 500, NULL, NULL,
	  "Please reduce the length of the messages or completion.", 0, 0 },
	{ 0, "invalid_request_error", NULL,
	  "Your request exceeded model token limit: 1000", 1000, 0 },
	{ 0, "api_error", "context_window_exceeded", "no", 0, 0 },
	{ 400, NULL, NULL,
	  "\xE8\xBE\x93\xE5\x85\xA5\xE8\xBF\x87"
	  "\xE9\x95\xBF",
	  0, 0 },
};

/* The type and the code say it, or words that are known for it, whatever the
 * status. */
static void an_overflow_of_the_context_has_many_words(void **state)
{
	static const enum failure_wire wires[] = { FAILURE_PLATFORM,
						   FAILURE_CODE_CHAT,
						   FAILURE_CODE_MESSAGES };

	(void)state;
	for (size_t i = 0; i < COUNT(overflows) * 3; i++) {
		struct error e;

		failure_set(&e, &(struct failure){
					.wire = wires[i % 3],
					.status = overflows[i / 3].status,
					.type = overflows[i / 3].type,
					.code = overflows[i / 3].code,
					.message = overflows[i / 3].message,
					.context = 4096 });
		if (e.kind != ERROR_CONTEXT_LENGTH)
			fail_msg("row %zu: %s", i / 3, e.message);
		assert_int_equal(e.max_tokens, overflows[i / 3].max);
		assert_int_equal(e.prompt_tokens, overflows[i / 3].prompt);
		assert_contains(e.message,
				"This model's maximum context length is ");
		if (overflows[i / 3].max == 0)
			assert_contains(e.message, " is 4096 tokens");
	}
}

static void other_limits_are_no_overflow_of_the_context(void **state)
{
	static const struct {
		long status;
		const char *type, *message;
	} rows[] = {
		{ 429, "rate_limit_reached_error",
		  "request reached organization TPM rate limit, current: 512345, "
		  "limit: 500000" },
		{ 429, NULL,
		  "Request too large for kimi on tokens per min (TPM): Limit "
		  "10000, Requested 12345. The input or output tokens must be "
		  "reduced in order to run successfully." },
		{ 429, "rate_limit_error",
		  "Number of input tokens has exceeded your per-minute rate "
		  "limit; please try again later" },
		{ 429, "exceeded_current_quota_error",
		  "You exceeded your current token quota: 0" },
		{ 403, "access_terminated_error",
		  "You've reached your usage limit for this billing cycle" },
		{ 400, "invalid_request_error",
		  "function name is too long: at most 64 characters" },
		{ 400, "invalid_request_error",
		  "max_tokens exceeds the limit of 8192" },
		{ 413, NULL, "413 Request Entity Too Large" },
		{ 404, NULL, "Not found the model x or Permission denied" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e;

		failure_set(&e,
			    &(struct failure){ .wire = FAILURE_CODE_CHAT,
					       .status = rows[i].status,
					       .type = rows[i].type,
					       .message = rows[i].message });
		if (e.kind == ERROR_CONTEXT_LENGTH)
			fail_msg("%s", rows[i].message);
	}
}

/* Bytes are not tokens: only what clients count with is estimated. */
static void a_size_in_bytes_is_told_in_tokens(void **state)
{
	struct error e;

	(void)state;
	failure_set(&e, &(struct failure){ .wire = FAILURE_CODE_CHAT,
					   .status = 400,
					   .message = "total message size "
						      "3000000 exceeds limit "
						      "2097152",
					   .context = 262144 });
	assert_error(&e, ERROR_CONTEXT_LENGTH, "");
	assert_contains(e.message, "maximum context length is 262144 tokens");
	assert_int_equal(e.max_tokens, 524288);
	assert_int_equal(e.prompt_tokens, 750000);
}

static const struct {
	int status, retries;
	const char *type, *message;
	int64_t cooldown_ms;
	enum error_kind kind;
} code_rows[] = {
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
	  "You've reached your usage limit for this billing cycle", 3600000,
	  ERROR_QUOTA },
	{ 403, 0, "access_terminated_error", "Access terminated",
	  COOLDOWN_FOREVER, ERROR_FORBIDDEN },
	/* Not failures of the key. */
	{ 401, 0, "invalid_authentication_error",
	  "Your current subscription does not have access to k3. "
	  "Upgrade to a Moderato plan or above.",
	  COOLDOWN_OVER, ERROR_FORBIDDEN },
	{ 401, 0, "authentication_error", "This model is not part of your plan",
	  COOLDOWN_OVER, ERROR_FORBIDDEN },
	{ 401, 0, "authentication_error",
	  "Your current plan supports only kimi-k3 up to 256K context. "
	  "1M context is available on higher-tier plans.",
	  0, ERROR_CONTEXT_LENGTH },
	{ 401, 0, "invalid_authentication_error",
	  "Your model id does not exist, recognized as other:k3[1m]. "
	  "Please set model id as `k3`.",
	  0, ERROR_MODEL },
	{ 401, 0, "invalid_authentication_error", "Invalid Authentication", 0,
	  ERROR_CREDENTIAL },
	{ 401, 0, NULL, NULL, 0, ERROR_CREDENTIAL },
	/* The same in an event. */
	{ 0, 0, "authentication_error",
	  "Your current subscription does not have access to k3. "
	  "Upgrade to a Moderato plan or above.",
	  COOLDOWN_OVER, ERROR_FORBIDDEN },
	{ 0, 0, "authentication_error",
	  "Your current plan supports only kimi-k3 up to 256K context. "
	  "1M context is available on higher-tier plans.",
	  0, ERROR_CONTEXT_LENGTH },
	{ 0, 0, "authentication_error",
	  "Your model id does not exist, recognized as other:k3[1m]. "
	  "Please set model id as `k3`.",
	  0, ERROR_MODEL },
	/* Seconds, hours. */
	{ 403, 1, "permission_error",
	  "You've reached your concurrent request limit. Please wait "
	  "for your ongoing requests to finish and try again.",
	  5000, ERROR_RATE_LIMIT },
	{ 403, 1, "access_terminated_error",
	  "You've reached your concurrent request limit. Please wait "
	  "for your ongoing requests to finish and try again.",
	  5000, ERROR_RATE_LIMIT },
	{ 0, 1, "permission_error",
	  "You've reached your concurrent request limit. Please wait "
	  "for your ongoing requests to finish and try again.",
	  5000, ERROR_RATE_LIMIT },
	{ 403, 0, "access_terminated_error",
	  "You've reached your 5-hour usage limit", 3600000, ERROR_QUOTA },
	{ 403, 0, "permission_error",
	  "You've reached your weekly (7-day) usage limit. Your quota "
	  "will reset when the current 7-day window ends.",
	  3600000, ERROR_QUOTA },
	{ 403, 0, "access_terminated_error",
	  "You've reached your monthly usage limit for this billing "
	  "cycle",
	  3600000, ERROR_QUOTA },
	{ 0, 0, "access_terminated_error",
	  "You've reached your 5-hour usage limit", 3600000, ERROR_QUOTA },
	{ 403, 0, "access_terminated_error",
	  "Your credit balance is insufficient", 3600000, ERROR_QUOTA },
	{ 0, 0, "permission_error", "Your credit balance is insufficient",
	  3600000, ERROR_QUOTA },
	{ 403, 0, "access_terminated_error", "Something else", 0,
	  ERROR_FORBIDDEN },
	{ 429, 1, "engine_overloaded_error",
	  "The engine is currently overloaded", 5000, ERROR_OVERLOADED },
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
	{ 400, 0, "invalid_request_error", "function name x is duplicated", 0,
	  ERROR_VALUE },
	{ 404, 0, "resource_not_found_error",
	  "Not found the model x or Permission denied", 0, ERROR_MODEL },
	{ 404, 0, NULL, "Not found the model x or Permission denied", 0,
	  ERROR_MODEL },
	/* The URL is wrong, not the model. */
	{ 404, 0, NULL, "method not found", 0, ERROR_NOT_FOUND },
	{ 404, 0, NULL, NULL, 0, ERROR_NOT_FOUND },
	{ 499, 3, NULL, "context canceled", 0, ERROR_UPSTREAM },
	{ 500, 3, NULL, "internal: x", 0, ERROR_UPSTREAM },
};

/* What each failure means for the key. */
static void a_key_of_kimi_code_cools_down_as_its_row_says(void **state)
{
	static const enum failure_wire flavours[] = { FAILURE_CODE_CHAT,
						      FAILURE_CODE_MESSAGES };

	(void)state;
	for (size_t i = 0; i < COUNT(code_rows) * 2; i++) {
		struct error e;

		failure_set(&e, &(struct failure){
					.wire = flavours[i % 2],
					.status = code_rows[i / 2].status,
					.type = code_rows[i / 2].type,
					.message = code_rows[i / 2].message });
		if (e.kind != code_rows[i / 2].kind)
			fail_msg("row %zu is %d: %s", i / 2, e.kind, e.message);
		assert_int_equal(e.cooldown_ms, code_rows[i / 2].cooldown_ms);
		assert_int_equal(e.retries, code_rows[i / 2].retries);
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
		TEST(an_overflow_of_the_context_has_many_words),
		TEST(other_limits_are_no_overflow_of_the_context),
		TEST(a_size_in_bytes_is_told_in_tokens),
		TEST(a_key_of_kimi_code_cools_down_as_its_row_says),
		TEST(for_kimi_web_words_take_precedence_over_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
