/* SPDX-License-Identifier: MIT */
/* Tokens of Kimi web: which is which, and how they are renewed. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/web_call.h"
#include "upstream/jwt.h"
#include "upstream/web/token.h"

#define HEAD "eyJhbGciOiJIUzUxMiJ9."
/* {"app_id":"kimi","typ":"refresh","exp":4102444800} */
#define REFRESH                                                                 \
	HEAD "eyJhcHBfaWQiOiJraW1pIiwidHlwIjoicmVmcmVzaCIsImV4cCI6NDEwMjQ0NDgw" \
	     "MH0.c2ln"
/* {"app_id":"kimi","typ":"access"} */
#define ENDLESS HEAD "eyJhcHBfaWQiOiJraW1pIiwidHlwIjoiYWNjZXNzIn0.c2ln"
#define LIST HEAD "WzFd.c2ln"

#define NEW "/api/account.gateway.v1.AuthService/RefreshToken"
#define OLD "/api/auth/token/refresh"

#define NEW_TOKENS "{\"accessToken\":\"" SITE_WEB "\",\"refreshToken\":\"new\"}"
#define OLD_TOKENS                                                             \
	"{\"access_token\":\"" SITE_WEB "\",\"refresh_token\":\"new\"}"
#define REFUSED "{\"code\":\"unauthenticated\",\"message\":\"invalid claims\"}"
#define OLD_REFUSED "{\"error_type\":\"auth.token.invalid\"}"

#define POSTED(host, code, text)                                               \
	{                                                                      \
		.method = "POST", .path = host NEW, .status = (code),          \
		.body = (text)                                                 \
	}
#define GOT(host, code, text)                                                  \
	{                                                                      \
		.method = "GET", .path = host OLD, .status = (code),           \
		.body = (text)                                                 \
	}
#define UNREACHABLE(verb, url)                                                 \
	{                                                                      \
		.method = (verb), .path = (url), .unsent = true                \
	}
#define LOST(verb, url)                                                        \
	{                                                                      \
		.method = (verb), .path = (url), .breaks = true                \
	}

static void access_and_refresh_tokens_are_distinguished(void **state)
{
	struct access_token x = jwt_access(*state, SITE_WEB);

	assert_string_equal(x.token, SITE_WEB);
	assert_null(x.refresh);
	assert_int_equal(x.expires_ms, INT64_C(4102444800000));
	x = jwt_access(*state, ENDLESS);
	assert_string_equal(x.token, ENDLESS);
	assert_int_equal(x.expires_ms, INT64_MAX);
	x = jwt_access(*state, REFRESH);
	assert_null(x.token);
	assert_string_equal(x.refresh, REFRESH);
	x = jwt_access(*state, "opaque");
	assert_string_equal(x.refresh, "opaque");
	assert_string_equal(jwt_access(*state, LIST).refresh, LIST);
	assert_string_equal(jwt_access(*state, "a.%%.c").refresh, "a.%%.c");
}

static bool renew(struct web_call *w, struct access_token *access)
{
	return web_token_renew(&w->call, "old", access);
}

static void the_current_call_returns_both_tokens(void **state)
{
	struct replay_answer answers[] = {
		POSTED(WEB_AUTH_ONE, 200, NEW_TOKENS),
		{ 0 },
	};
	struct web_call *w = web_call_new(*state, answers);
	const struct replay_call *sent = &w->replay.calls[0];
	struct access_token x;

	assert_true(renew(w, &x));
	assert_string_equal(x.token, SITE_WEB);
	assert_string_equal(x.refresh, "new");
	assert_int_equal(x.expires_ms, INT64_C(4102444800000));
	assert_string_equal(sent->body, "{\"refresh_token\":\"old\"}");
	assert_null(sent->bearer);
	assert_true(sent->once);
	assert_int_equal(w->replay.n_calls, 1);
}

static void tokens_are_found_in_every_form(void **state)
{
	static const char *const bodies[] = {
		NEW_TOKENS,
		OLD_TOKENS,
		"{\"data\":" NEW_TOKENS "}",
		"{\"data\":" OLD_TOKENS ",\"accessToken\":null}",
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct replay_answer answers[] = {
			POSTED(WEB_AUTH_ONE, 200, bodies[i]),
			{ 0 },
		};
		struct access_token x;

		assert_true(renew(web_call_new(*state, answers), &x));
		assert_string_equal(x.token, SITE_WEB);
		assert_string_equal(x.refresh, "new");
	}
}

static void without_a_new_refresh_token_the_old_one_stays(void **state)
{
	static const char *const bodies[] = {
		"{\"accessToken\":\"opaque\"}",
		"{\"accessToken\":\"opaque\",\"refreshToken\":\"\"}",
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct replay_answer answers[] = {
			POSTED(WEB_AUTH_ONE, 200, bodies[i]),
			{ 0 },
		};
		int64_t now = clock_wall_ms();
		struct access_token x;

		assert_true(renew(web_call_new(*state, answers), &x));
		assert_string_equal(x.refresh, "old");
		assert_in_range(x.expires_ms, now + 290000, now + 301000);
	}
}

/* What is tried after the current call at the first host, and the result. */
static const struct {
	struct replay_answer answers[6];
	const char *urls;
	bool ok;
	enum error_kind kind;
} ways[] = {
	/* The host has no such call: the legacy one. */
	{ { POSTED(WEB_AUTH_ONE, 404, "<html>"),
	    GOT(WEB_ONE, 200, OLD_TOKENS) },
	  WEB_AUTH_ONE NEW " " WEB_ONE OLD,
	  true,
	  ERROR_KINDS },
	{ { POSTED(WEB_AUTH_ONE, 405, ""), GOT(WEB_ONE, 200, OLD_TOKENS) },
	  WEB_AUTH_ONE NEW " " WEB_ONE OLD,
	  true,
	  ERROR_KINDS },
	{ { POSTED(WEB_AUTH_ONE, 501, "{\"code\":\"unimplemented\"}"),
	    GOT(WEB_ONE, 200, OLD_TOKENS) },
	  WEB_AUTH_ONE NEW " " WEB_ONE OLD,
	  true,
	  ERROR_KINDS },
	/* It cannot be reached. */
	{ { UNREACHABLE("POST", WEB_AUTH_ONE NEW),
	    GOT(WEB_ONE, 200, OLD_TOKENS) },
	  WEB_AUTH_ONE NEW " " WEB_ONE OLD,
	  true,
	  ERROR_KINDS },
	/* It does not know the account: the other host. */
	{ { POSTED(WEB_AUTH_ONE, 401, REFUSED),
	    POSTED(WEB_AUTH_TWO, 200, NEW_TOKENS) },
	  WEB_AUTH_ONE NEW " " WEB_AUTH_TWO NEW,
	  true,
	  ERROR_KINDS },
	{ { POSTED(WEB_AUTH_ONE, 404, ""), GOT(WEB_ONE, 401, OLD_REFUSED),
	    POSTED(WEB_AUTH_TWO, 200, NEW_TOKENS) },
	  WEB_AUTH_ONE NEW " " WEB_ONE OLD " " WEB_AUTH_TWO NEW,
	  true,
	  ERROR_KINDS },
	/* No host knows it: the error of the first. */
	{ { POSTED(WEB_AUTH_ONE, 401, REFUSED),
	    POSTED(WEB_AUTH_TWO, 401, REFUSED) },
	  WEB_AUTH_ONE NEW " " WEB_AUTH_TWO NEW,
	  false,
	  ERROR_CREDENTIAL },
	{ { POSTED(WEB_AUTH_ONE, 401, REFUSED),
	    UNREACHABLE("POST", WEB_AUTH_TWO NEW),
	    UNREACHABLE("GET", WEB_TWO OLD) },
	  WEB_AUTH_ONE NEW " " WEB_AUTH_TWO NEW " " WEB_TWO OLD,
	  false,
	  ERROR_CREDENTIAL },
	{ { UNREACHABLE("POST", WEB_AUTH_ONE NEW),
	    UNREACHABLE("GET", WEB_ONE OLD),
	    POSTED(WEB_AUTH_TWO, 401, REFUSED) },
	  WEB_AUTH_ONE NEW " " WEB_ONE OLD " " WEB_AUTH_TWO NEW,
	  false,
	  ERROR_UPSTREAM },
	{ { POSTED(WEB_AUTH_ONE, 400, "{\"code\":\"invalid_argument\"}"),
	    POSTED(WEB_AUTH_TWO, 404, "{\"code\":\"not_found\"}") },
	  WEB_AUTH_ONE NEW " " WEB_AUTH_TWO NEW,
	  false,
	  ERROR_CREDENTIAL },
	/* It may have been used: it is not sent again anywhere. */
	{ { LOST("POST", WEB_AUTH_ONE NEW) },
	  WEB_AUTH_ONE NEW,
	  false,
	  ERROR_UPSTREAM },
	{ { POSTED(WEB_AUTH_ONE, 500, "") },
	  WEB_AUTH_ONE NEW,
	  false,
	  ERROR_UPSTREAM },
	{ { POSTED(WEB_AUTH_ONE, 502, "<html>") },
	  WEB_AUTH_ONE NEW,
	  false,
	  ERROR_UPSTREAM },
	{ { POSTED(WEB_AUTH_ONE, 429, "") },
	  WEB_AUTH_ONE NEW,
	  false,
	  ERROR_RATE_LIMIT },
	{ { POSTED(WEB_AUTH_ONE, 200, "<html>") },
	  WEB_AUTH_ONE NEW,
	  false,
	  ERROR_UPSTREAM },
	{ { POSTED(WEB_AUTH_ONE, 200, "{}") },
	  WEB_AUTH_ONE NEW,
	  false,
	  ERROR_UPSTREAM },
	{ { POSTED(WEB_AUTH_ONE, 302, "") },
	  WEB_AUTH_ONE NEW,
	  false,
	  ERROR_UPSTREAM },
	{ { POSTED(WEB_AUTH_ONE, 404, ""), LOST("GET", WEB_ONE OLD) },
	  WEB_AUTH_ONE NEW " " WEB_ONE OLD,
	  false,
	  ERROR_UPSTREAM },
	{ { POSTED(WEB_AUTH_ONE, 404, ""), GOT(WEB_ONE, 500, "") },
	  WEB_AUTH_ONE NEW " " WEB_ONE OLD,
	  false,
	  ERROR_UPSTREAM },
};

static void a_token_is_sent_again_only_if_it_was_not_used(void **state)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct replay_answer answers[6];
		struct web_call *w;
		struct access_token x;
		bool ok;

		memcpy(answers, ways[i].answers, sizeof(answers));
		w = web_call_new(*state, answers);
		ok = renew(w, &x);
		assert_string_equal(web_call_urls(w), ways[i].urls);
		assert_int_equal(ok, ways[i].ok);
		if (ok)
			assert_string_equal(x.refresh, "new");
		else
			assert_error(&w->error, ways[i].kind, "");
		for (size_t j = 0; j < w->replay.n_calls; j++)
			assert_true(w->replay.calls[j].once);
	}
}

static void the_host_that_renewed_is_asked_first_next_time(void **state)
{
	struct replay_answer answers[] = {
		POSTED(WEB_AUTH_ONE, 401, REFUSED),
		POSTED(WEB_AUTH_TWO, 200, NEW_TOKENS),
		POSTED(WEB_AUTH_TWO, 200, NEW_TOKENS),
		{ 0 },
	};
	struct web_call *w = web_call_new(*state, answers);
	struct access_token x;

	assert_true(renew(w, &x));
	assert_string_equal(web_call_note(w, "host"), WEB_TWO);
	assert_true(renew(w, &x));
	assert_int_equal(w->replay.n_calls, 3);
}

static const struct {
	long status;
	const char *body;
	enum error_kind kind;
} old_failures[] = {
	{ 401, OLD_REFUSED, ERROR_CREDENTIAL },
	{ 400, OLD_REFUSED, ERROR_CREDENTIAL },
	{ 429, "{}", ERROR_RATE_LIMIT },
	{ 404, "<html>", ERROR_UPSTREAM },
	{ 500, "", ERROR_UPSTREAM },
	{ 502, "<html>", ERROR_UPSTREAM },
	{ 200, "{}", ERROR_UPSTREAM },
	{ 200, "<html>", ERROR_UPSTREAM },
	{ 200, "[]", ERROR_UPSTREAM },
	{ 302, "", ERROR_UPSTREAM },
};

static struct web_call *new_legacy(struct arena *a,
				   struct replay_answer *answers)
{
	struct web_call *w = web_call_new(a, answers);

	w->config.web_protocol = CONFIG_PROTOCOL_LEGACY;
	w->config.web_urls = config_list_parse(a, WEB_ONE, ',');
	return w;
}

static void the_legacy_protocol_has_its_own_call(void **state)
{
	struct replay_answer answers[] = { GOT(WEB_ONE, 200, OLD_TOKENS),
					   { 0 } };
	struct web_call *w = new_legacy(*state, answers);
	struct access_token x;

	assert_true(renew(w, &x));
	assert_string_equal(w->replay.calls[0].bearer, "old");
	assert_true(w->replay.calls[0].once);
	assert_string_equal(x.token, SITE_WEB);
	assert_string_equal(x.refresh, "new");
	for (size_t i = 0; i < COUNT(old_failures); i++) {
		struct replay_answer failure[] = {
			GOT(WEB_ONE, old_failures[i].status,
			    old_failures[i].body),
			{ 0 },
		};

		w = new_legacy(*state, failure);
		assert_false(renew(w, &x));
		assert_error(&w->error, old_failures[i].kind, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(access_and_refresh_tokens_are_distinguished),
		TEST(the_current_call_returns_both_tokens),
		TEST(tokens_are_found_in_every_form),
		TEST(without_a_new_refresh_token_the_old_one_stays),
		TEST(a_token_is_sent_again_only_if_it_was_not_used),
		TEST(the_host_that_renewed_is_asked_first_next_time),
		TEST(the_legacy_protocol_has_its_own_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
