/* SPDX-License-Identifier: MIT */
/* Kimi Code: refresh tokens of the device login. */
#include "tests/unit/support/test.h"

#include "tests/unit/support/web_call.h"
#include "upstream/services.h"

#define TOKENS "{\"access_token\":\"a\",\"refresh_token\":\"r2\"}"

static struct web_call *call_of(struct arena *a, struct replay_answer *answers)
{
	struct web_call *w = web_call_new(a, answers);

	w->config.code_urls =
		config_list_parse(a, "https://code.example/coding/v1", ',');
	w->config.code_client_id = "client";
	w->call.bearer = "refused";
	return w;
}

/* An answer to the renewal. */
#define RENEWAL(code, text)                                                    \
	{                                                                      \
		.method = "POST", .path = "/api/oauth/token",                  \
		.status = (code), .body = (text)                               \
	}

static void a_refresh_token_is_sent_once_and_alone(void **state)
{
	struct replay_answer answers[] = { RENEWAL(200, TOKENS), { 0 } };
	struct web_call *w = call_of(*state, answers);
	const struct replay_call *sent = w->replay.calls;
	struct access_token access;

	assert_true(upstream_code.renew(&w->call, "r1", &access));
	assert_string_equal(access.token, "a");
	assert_string_equal(access.refresh, "r2");
	assert_int_equal(w->replay.n_calls, 1);
	assert_string_equal(sent->url, WEB_AUTH_ONE "/api/oauth/token");
	assert_true(sent->once);
	assert_null(sent->bearer);
	assert_string_equal(sent->body, "client_id=client&grant_type="
					"refresh_token&refresh_token=r1");
}

static void only_a_refusal_is_the_tokens_fault(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum error_kind kind;
	} rows[] = {
		{ 400, "{\"error\":\"invalid_grant\"}", ERROR_CREDENTIAL },
		{ 200, "{\"error\":\"invalid_grant\"}", ERROR_CREDENTIAL },
		{ 401, "{}", ERROR_CREDENTIAL },
		{ 429, "{\"error\":\"slow_down\"}", ERROR_RATE_LIMIT },
		{ 500, "{\"error\":\"server_error\"}", ERROR_UPSTREAM },
		{ 503, "{\"error\":\"temporarily_unavailable\"}",
		  ERROR_OVERLOADED },
		{ 200, "{}", ERROR_UPSTREAM },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			RENEWAL(rows[i].status, rows[i].body), { 0 }
		};
		struct web_call *w = call_of(*state, answers);
		struct access_token access;

		assert_false(upstream_code.renew(&w->call, "r1", &access));
		assert_error(&w->error, rows[i].kind, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refresh_token_is_sent_once_and_alone),
		TEST(only_a_refusal_is_the_tokens_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
