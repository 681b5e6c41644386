/* SPDX-License-Identifier: MIT */
/* Services: credentials, models, tokens, and what their errors mean. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "tests/unit/support/replay.h"
#include "tests/unit/support/site.h"
#include "upstream/credential.h"
#include "upstream/platform.h"
#include "upstream/web.h"

#define HEAD "eyJhbGciOiJIUzUxMiJ9."
/* {"app_id":"kimi","typ":"refresh","exp":4102444800} */
#define REFRESH                                                                 \
	HEAD "eyJhcHBfaWQiOiJraW1pIiwidHlwIjoicmVmcmVzaCIsImV4cCI6NDEwMjQ0NDgw" \
	     "MH0.c2ln"
/* {"app_id":"kimi","typ":"access"} */
#define ENDLESS HEAD "eyJhcHBfaWQiOiJraW1pIiwidHlwIjoiYWNjZXNzIn0.c2ln"
#define LIST HEAD "WzFd.c2ln"
#define KEY "sk-0123456789abcdefghijklmn"

static void the_shape_tells_the_service(void **state)
{
	static const struct {
		const char *entry;
		const struct upstream *upstream;
		const char *secret;
	} rows[] = {
		{ KEY, &upstream_platform, KEY },
		{ "sk-x", &upstream_platform, "sk-x" },
		{ SITE_WEB, &upstream_web, SITE_WEB },
		{ "opaque", &upstream_web, "opaque" },
		{ "web:" KEY, &upstream_web, KEY },
		{ "sk-kimi-x", &upstream_code, "sk-kimi-x" },
		{ "code:opaque", &upstream_code, "opaque" },
		{ "platform:sk-kimi-x", &upstream_platform, "sk-kimi-x" },
		{ "platform:opaque", &upstream_platform, "opaque" },
		{ "web:a:b", &upstream_web, "a:b" },
		{ "webx:a", &upstream_web, "webx:a" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct credential c;
		struct error e;

		assert_true(credential_parse(&c, *state, rows[i].entry, &e));
		assert_ptr_equal(c.upstream, rows[i].upstream);
		assert_string_equal(c.secret, rows[i].secret);
		assert_int_equal(strlen(c.fingerprint), 64);
		assert_contains(c.label, c.upstream->name);
	}
}

static void what_no_token_is_is_refused_unseen(void **state)
{
	static const char *const entries[] = {
		"",
		"web:",
		"has blank",
		"code:",
		"tab\tsecret",
		"line\nsecret",
		"secr\xC3\xA9t",
		"quote\"secret",
		"back\\secret",
	};

	for (size_t i = 0; i < COUNT(entries); i++) {
		struct credential c;
		struct error e = { .kind = ERROR_KINDS };

		assert_false(credential_parse(&c, *state, entries[i], &e));
		assert_error(&e, ERROR_SETUP, "");
		assert_lacks(e.message, "secret");
	}
}

static void a_label_shows_little_of_the_secret(void **state)
{
	struct credential c;
	struct error e;

	assert_true(credential_parse(&c, *state, KEY, &e));
	assert_string_equal(c.label, "platform sk-0\xE2\x80\xA6klmn");
	assert_true(credential_parse(&c, *state, "shortsecret", &e));
	assert_lacks(c.label, "secret");
}

static void only_what_looks_like_a_credential_is_plausible(void **state)
{
	static const struct {
		const char *entry;
		bool plausible;
	} rows[] = {
		{ KEY, true },
		{ SITE_WEB, true },
		{ REFRESH, true },
		{ "web:sixteen-characte", true },
		{ "platform:sixteen-characte", true },
		{ "web:short", false },
		{ "opaque-word-of-any-length", false },
		{ "sk-0123456789", false },
		{ "sk-proj-0123456789abcdefghijklmn", false },
		{ "sk-kimi-0123456789abcdefghijklmn", true },
		{ "code:0123456789abcdefghijklmn", true },
		{ "sk-kimi-0123456789-bcdefghijklmn", false },
		{ LIST, false },
		{ HEAD "bm90IGpzb24.c2ln", false },
		{ HEAD "WzFd", false },
		{ HEAD "eyJhIjoxfQ.", false },
		{ "eyJhIjoxfQ", false },
		{ "", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (credential_plausible(*state, rows[i].entry) !=
		    rows[i].plausible)
			fail_msg("%s", rows[i].entry);
}

static void names_find_their_models(void **state)
{
	(void)state;
	assert_ptr_equal(model_known("k2", NULL)->upstream, &upstream_web);
	assert_ptr_equal(model_known("k1.5", NULL)->upstream, &upstream_web);
	assert_ptr_equal(model_known("k3", NULL)->upstream, &upstream_code);
	assert_null(model_known("k3", &upstream_platform));
	assert_null(model_known("K2", NULL));
	for (const struct model *m = models; m->name != NULL; m++) {
		assert_ptr_equal(model_known(m->name, m->upstream), m);
		assert_true(m->context > 0 && m->created > 0);
	}
}

static void of_an_unknown_model_nothing_risky_is_assumed(void **state)
{
	struct model m = model_assumed("kimi-k99", &upstream_platform);

	(void)state;
	assert_ptr_equal(m.upstream, &upstream_platform);
	assert_string_equal(m.name, "kimi-k99");
	assert_true(m.traits & MODEL_FIXED_SAMPLING);
	m = model_assumed("moonshot-v1-8k", &upstream_platform);
	assert_false(m.traits & MODEL_FIXED_SAMPLING);
	m = model_assumed("kimi-k3.2", &upstream_platform);
	assert_true(m.traits & MODEL_EFFORT);
}

static void access_tokens_are_told_from_refresh_tokens(void **state)
{
	struct access x = web_access(*state, SITE_WEB);

	assert_string_equal(x.token, SITE_WEB);
	assert_null(x.refresh);
	assert_int_equal(x.expires_ms, INT64_C(4102444800000));
	x = web_access(*state, ENDLESS);
	assert_string_equal(x.token, ENDLESS);
	assert_int_equal(x.expires_ms, INT64_MAX);
	x = web_access(*state, REFRESH);
	assert_null(x.token);
	assert_string_equal(x.refresh, REFRESH);
	x = web_access(*state, "opaque");
	assert_string_equal(x.refresh, "opaque");
	assert_string_equal(web_access(*state, LIST).refresh, LIST);
	assert_string_equal(web_access(*state, "a.%%.c").refresh, "a.%%.c");
}

struct renewal {
	struct access access;
	struct error error;
	struct replay replay;
	bool ok;
};

static struct renewal *renew(struct arena *a, long status, const char *body)
{
	struct renewal *n = arena_alloc(a, sizeof(*n));
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = "https://web.example/api/auth/token/refresh",
		  .status = status,
		  .body = body },
		{ 0 },
	};
	struct config config = { .web_urls = "https://web.example" };
	struct http_client http;
	struct upstream_call call = {
		.arena = a, .http = &http, .config = &config, .error = &n->error
	};

	http_client_init(&http);
	n->replay = (struct replay){ .arena = a, .answers = answers };
	replay_attach(&n->replay, &http);
	n->ok = web_renew(&call, "old", &n->access);
	return n;
}

static void a_renewal_brings_both_tokens(void **state)
{
	struct renewal *n = renew(*state, 200,
				  "{\"access_token\":\"" SITE_WEB
				  "\",\"refresh_token\":\"new\"}");

	assert_true(n->ok);
	assert_string_equal(n->replay.calls[0].bearer, "old");
	assert_string_equal(n->access.token, SITE_WEB);
	assert_string_equal(n->access.refresh, "new");
	assert_int_equal(n->access.expires_ms, INT64_C(4102444800000));
}

static void a_refresh_token_that_stays_is_kept(void **state)
{
	struct renewal *n = renew(*state, 200, "{\"access_token\":\"opaque\"}");
	int64_t now = clock_wall_ms();

	assert_true(n->ok);
	assert_string_equal(n->access.refresh, "old");
	assert_in_range(n->access.expires_ms, now + 290000, now + 300000);
}

static bool want_no_event(void *ctx, const struct chat_event *event)
{
	(void)ctx;
	(void)event;
	return true;
}

/* A turn of a chat that knows the first message already. */
static const char *web_body(struct arena *a, const char *chat, const char **url)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/completion/stream",
		  .status = 200,
		  .body = "data: {\"event\":\"all_done\"}\n\n" },
		{ .method = "POST",
		  .path = "/api/chat",
		  .status = 200,
		  .body = "{\"id\":\"new\"}" },
		{ 0 },
	};
	struct replay replay = { .arena = a, .answers = answers };
	struct config config = { .web_urls = "https://web.example" };
	struct chat_request r =
		decode(a, "{\"model\":\"k2\",\"messages\":[{\"role\":\"user\","
			  "\"content\":\"A\"},{\"role\":\"user\",\"content\":"
			  "\"B\"}]}");
	struct http_client http;
	struct chat_stream stream;
	struct error e;
	struct model model = *model_known("k2", NULL);
	struct upstream_call call = {
		.arena = a,
		.http = &http,
		.config = &config,
		.bearer = "t",
		.model = &model,
		.error = &e,
	};

	r.bookmark = (struct chat_bookmark){ .chat = chat, .known = 1 };
	chat_stream_init(&stream, a, want_no_event, NULL);
	http_client_init(&http);
	replay_attach(&replay, &http);
	assert_true(upstream_web.run(&call, &r, &stream));
	*url = replay.calls[replay.n_calls - 1].url;
	return replay.calls[replay.n_calls - 1].body;
}

#define WEB_BODY(text)                                                         \
	"{\"kimiplus_id\":\"kimi\",\"model\":\"k2\",\"use_search\":true,"      \
	"\"messages\":[{\"role\":\"user\",\"content\":\"" text                 \
	"\"}],\"extend\":{\"sidebar\":true},\"refs\":[],\"history\":[],"       \
	"\"scene_labels\":[],\"use_semantic_memory\":false,"                   \
	"\"use_deep_research\":false}"

static void the_web_gets_one_user_message(void **state)
{
	const char *url;

	assert_string_equal(web_body(*state, "kept", &url), WEB_BODY("B"));
	assert_string_equal(url, "https://web.example/api/chat/kept/"
				 "completion/stream");
	assert_string_equal(web_body(*state, NULL, &url),
			    WEB_BODY("user: A\\n\\nuser: B"));
	assert_string_equal(url, "https://web.example/api/chat/new/"
				 "completion/stream");
}

static void failed_renewals_have_their_kinds(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum error_kind kind;
	} rows[] = {
		{ 401, "{\"error_type\":\"auth.token.invalid\"}",
		  ERROR_CREDENTIAL },
		{ 400, "{\"error_type\":\"auth.token.invalid\"}",
		  ERROR_CREDENTIAL },
		{ 429, "{}", ERROR_RATE_LIMIT },
		{ 404, "<html>", ERROR_UPSTREAM },
		{ 500, "", ERROR_UPSTREAM },
		{ 502, "<html>", ERROR_UPSTREAM },
		{ 200, "{}", ERROR_UPSTREAM },
		{ 200, "<html>", ERROR_UPSTREAM },
		{ 200, "[]", ERROR_UPSTREAM },
		{ 302, "", ERROR_UPSTREAM },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct renewal *n = renew(*state, rows[i].status, rows[i].body);

		assert_false(n->ok);
		assert_error(&n->error, rows[i].kind, "");
	}
}

static void web_errors_have_their_kinds(void **state)
{
	static const struct {
		long status;
		const char *type;
		enum error_kind kind;
		const char *param;
	} rows[] = {
		{ 401, "auth.token.invalid", ERROR_CREDENTIAL, "" },
		{ 400, "auth.token.invalid", ERROR_CREDENTIAL, "" },
		{ 401, NULL, ERROR_CREDENTIAL, "" },
		{ 0, "chat.user_stream_pushing", ERROR_RATE_LIMIT, "" },
		{ 403, "chat.forbidden", ERROR_FORBIDDEN, "" },
		{ 403, NULL, ERROR_FORBIDDEN, "" },
		{ 0, "openai.completion.stream", ERROR_OVERLOADED, "" },
		{ 0, "openai.completion.token_length_too_long",
		  ERROR_CONTEXT_LENGTH, "messages" },
		{ 404, "chat.not_found", ERROR_CHAT_GONE, "" },
		{ 404, NULL, ERROR_CHAT_GONE, "" },
		{ 429, NULL, ERROR_RATE_LIMIT, "" },
		{ 500, NULL, ERROR_UPSTREAM, "" },
		{ 502, NULL, ERROR_UPSTREAM, "" },
		{ 503, NULL, ERROR_OVERLOADED, "" },
		{ 504, NULL, ERROR_TIMEOUT, "" },
		{ 0, "never.heard.of", ERROR_UPSTREAM, "" },
		{ 429, "never.heard.of", ERROR_RATE_LIMIT, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e;

		assert_false(web_error(&e, rows[i].status, rows[i].type,
				       "for sk-abcdefgh"));
		assert_error(&e, rows[i].kind, rows[i].param);
		assert_lacks(e.message, "abcdefgh");
		assert_int_equal(e.retry_after_ms > 0,
				 rows[i].type != NULL &&
					 strstr(rows[i].type, "pushing"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_shape_tells_the_service),
		TEST(what_no_token_is_is_refused_unseen),
		TEST(a_label_shows_little_of_the_secret),
		TEST(only_what_looks_like_a_credential_is_plausible),
		TEST(names_find_their_models),
		TEST(of_an_unknown_model_nothing_risky_is_assumed),
		TEST(access_tokens_are_told_from_refresh_tokens),
		TEST(a_renewal_brings_both_tokens),
		TEST(a_refresh_token_that_stays_is_kept),
		TEST(the_web_gets_one_user_message),
		TEST(failed_renewals_have_their_kinds),
		TEST(web_errors_have_their_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
