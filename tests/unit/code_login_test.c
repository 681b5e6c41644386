/* SPDX-License-Identifier: MIT */
/* Kimi Code: signing in on another device (RFC 8628). */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "tests/unit/support/web_call.h"
#include "upstream/api/code_login.h"

#define CODE "https://api.kimi.com/coding/v1,https://api.kimi.ai/coding/v1"
#define AUTH "https://auth.kimi.com,https://auth.kimi.ai"
#define BEGIN "/api/oauth/device_authorization"
#define TOKEN "/api/oauth/token"
#define BEGUN                                                                  \
	"{\"user_code\":\"ABCD\",\"device_code\":\"dev-1\","                   \
	"\"verification_uri\":\"https://kimi.example/d\","                     \
	"\"verification_uri_complete\":\"https://kimi.example/d?c=ABCD\","     \
	"\"expires_in\":600,\"interval\":2}"

static struct web_call *call_of(struct arena *a, struct replay_answer *answers)
{
	struct web_call *w = web_call_new(a, answers);

	w->config.code_urls = config_list_parse(a, CODE, ',');
	w->config.auth_urls = config_list_parse(a, AUTH, ',');
	w->config.code_client_id = "unit-client";
	w->call.bearer = NULL;
	return w;
}

static void it_begins_at_the_host_of_the_region(void **state)
{
	static const struct {
		const char *region, *auth, *host;
	} rows[] = {
		{ NULL, "https://auth.kimi.com",
		  "https://api.kimi.com/coding/v1" },
		{ "cn", "https://auth.kimi.com",
		  "https://api.kimi.com/coding/v1" },
		{ "global", "https://auth.kimi.ai",
		  "https://api.kimi.ai/coding/v1" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			{ .method = "POST",
			  .path = arena_printf(*state, "%s" BEGIN,
					       rows[i].auth),
			  .status = 200,
			  .body = BEGUN },
			{ 0 },
		};
		struct web_call *w = call_of(*state, answers);
		struct code_login login;

		assert_true(code_login_begin(&w->call, rows[i].region, &login));
		assert_string_equal(w->replay.calls[0].body,
				    "client_id=unit-client");
		assert_null(w->replay.calls[0].bearer);
		assert_string_equal(login.host, rows[i].host);
		assert_string_equal(login.code, "ABCD");
		assert_string_equal(login.url, "https://kimi.example/d?c=ABCD");
		assert_int_equal(login.interval_ms, 2000);
		assert_in_range(login.ends_ms, clock_ms() + 590000,
				clock_ms() + 600000);
	}
}

static void what_kimi_leaves_out_has_defaults(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = BEGIN,
		  .status = 200,
		  .body = "{\"user_code\":\"A\",\"device_code\":\"d\","
			  "\"verification_uri\":\"https://kimi.example/d\"}" },
		{ 0 },
	};
	struct web_call *w = call_of(*state, answers);
	struct code_login login;

	assert_true(code_login_begin(&w->call, NULL, &login));
	assert_string_equal(login.url, "https://kimi.example/d");
	assert_int_equal(login.interval_ms, 5000);
	assert_in_range(login.ends_ms, clock_ms() + 890000,
			clock_ms() + 900000);
}

static void it_needs_a_client_and_a_host(void **state)
{
	struct replay_answer answers[] = { { 0 } };
	struct web_call *w = call_of(*state, answers);
	struct code_login login;

	w->config.code_urls =
		config_list_parse(*state, "https://api.kimi.ai/x", ',');
	assert_false(code_login_begin(&w->call, "cn", &login));
	assert_error(w->call.error, ERROR_VALUE, "");
	w->config.code_client_id = NULL;
	assert_false(code_login_begin(&w->call, NULL, &login));
	assert_contains(w->call.error->message, "KIMI_CODE_CLIENT_ID");
}

static void each_answer_has_its_meaning(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum code_login_state means;
		int64_t interval_ms;
	} rows[] = {
		{ 400, "{\"error\":\"authorization_pending\"}",
		  CODE_LOGIN_WAITS, 2000 },
		{ 200, "{\"error\":\"authorization_pending\"}",
		  CODE_LOGIN_WAITS, 2000 },
		{ 400, "{\"error\":\"slow_down\"}", CODE_LOGIN_WAITS, 7000 },
		{ 200, "{\"error\":\"slow_down\"}", CODE_LOGIN_WAITS, 7000 },
		{ 500, "{\"error\":\"server_error\"}", CODE_LOGIN_WAITS, 2000 },
		{ 502, "<html>", CODE_LOGIN_WAITS, 2000 },
		{ 200, "<html>", CODE_LOGIN_WAITS, 2000 },
		{ 429, "{}", CODE_LOGIN_WAITS, 2000 },
		{ 0, NULL, CODE_LOGIN_WAITS, 2000 },
		{ 400, "{\"error\":\"expired_token\"}", CODE_LOGIN_EXPIRED,
		  2000 },
		{ 200, "{\"error\":\"access_denied\"}", CODE_LOGIN_FAILED,
		  2000 },
		{ 401, "{\"error\":\"invalid_client\"}", CODE_LOGIN_FAILED,
		  2000 },
		{ 200, "{}", CODE_LOGIN_FAILED, 2000 },
		{ 200, "{\"access_token\":\"a\"}", CODE_LOGIN_FAILED, 2000 },
		{ 200,
		  "{\"access_token\":\"a\",\"refresh_token\":\"r\","
		  "\"expires_in\":900}",
		  CODE_LOGIN_DONE, 2000 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			{ .method = "POST",
			  .path = BEGIN,
			  .status = 200,
			  .body = BEGUN },
			{ .method = "POST",
			  .path = TOKEN,
			  .status = rows[i].status,
			  .unsent = rows[i].status == 0,
			  .body = rows[i].body },
			{ 0 },
		};
		struct web_call *w = call_of(*state, answers);
		struct access_token access = { 0 };
		struct code_login login;

		assert_true(code_login_begin(&w->call, NULL, &login));
		assert_int_equal(code_login_ask(&w->call, &login, &access),
				 rows[i].means);
		assert_int_equal(login.interval_ms, rows[i].interval_ms);
		assert_string_equal(
			w->replay.calls[1].body,
			"client_id=unit-client&device_code=dev-1&grant_type="
			"urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_"
			"code");
		if (rows[i].means != CODE_LOGIN_DONE)
			continue;
		assert_string_equal(access.token, "a");
		assert_string_equal(access.refresh, "r");
		assert_in_range(access.expires_ms, clock_wall_ms() + 890000,
				clock_wall_ms() + 900000);
	}
}

static void a_refusal_says_what_was_refused(void **state)
{
	static const struct {
		const char *body, *says;
	} rows[] = {
		{ "{\"error\":\"invalid_client\"}",
		  "Kimi refused the sign-in (invalid_client): "
		  "KIMI_CODE_CLIENT_ID is no client id that it knows." },
		{ "{\"error\":\"invalid_scope\"}",
		  "Kimi refused the sign-in (invalid_scope)." },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			{ .method = "POST",
			  .path = BEGIN,
			  .status = 401,
			  .body = rows[i].body },
			{ 0 },
		};
		struct web_call *w = call_of(*state, answers);
		struct code_login login;

		assert_false(code_login_begin(&w->call, NULL, &login));
		assert_error(w->call.error, ERROR_CREDENTIAL, "");
		assert_string_equal(w->call.error->message, rows[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_begins_at_the_host_of_the_region),
		TEST(what_kimi_leaves_out_has_defaults),
		TEST(it_needs_a_client_and_a_host),
		TEST(each_answer_has_its_meaning),
		TEST(a_refusal_says_what_was_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
