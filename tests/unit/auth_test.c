/* SPDX-License-Identifier: MIT */
/* API keys: where they are read, whose they are, what they allow. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/auth.h"
#include "tests/unit/support/site.h"
#include "upstream/services.h"
#include "upstream/upstream.h"

#define MODEL "\"model\":\"kimi-k3\""
#define BODY "{" MODEL ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"

struct asked {
	struct exchange x;
	struct caller caller;
	struct error error;
	bool ok;
};

/* Kimi accepts each credential, by whatever it is asked. */
static const struct replay_answer accepting[] = {
	{ "GET", "/models", 200, "{\"data\":[]}", .again = true },
	{ "GET", "/api/user", 200, "{\"id\":\"u\"}", .again = true },
	{ "GET", "/api/auth/token/refresh", 200,
	  "{\"access_token\":\"a\",\"refresh_token\":\"r\"}", .again = true },
	{ 0 },
};

static void leave(void *exchange)
{
	struct exchange *x = exchange;

	if (x->credentials != NULL)
		credential_set_give_back(&x->app->sets, x->credentials);
}

/* Only auth_check, for a request with these variables, ended by NULL. */
static struct asked *ask(struct arena *a, const char *settings,
			 const struct string_param *params)
{
	struct replay_answer *answers = arena_alloc(a, sizeof(accepting));
	struct site *s = site_open(a, settings, answers);
	struct string_gateway *g = site_request(s, "POST", "/v1/x", NULL);
	struct asked *q = arena_alloc(a, sizeof(*q));

	memcpy(answers, accepting, sizeof(accepting));
	string_gateway_set(g, "HTTP_AUTHORIZATION", "");
	for (; params->name != NULL; params++)
		string_gateway_set(g, params->name, params->value);
	q->x.arena = a;
	q->x.app = app_find(&s->apps, s->config_path);
	q->x.http = &s->worker.http;
	assert_false(q->x.app->broken);
	assert_true(http_request_head(&q->x.request, a, &g->gateway, NULL,
				      &q->error));
	arena_own(a, &q->x, leave);
	q->ok = auth_check(&q->x, &q->caller, &q->error);
	return q;
}

static struct asked *ask_one(struct arena *a, const char *settings,
			     const char *name, const char *value)
{
	struct string_param params[] = { { name, value }, { NULL, NULL } };

	return ask(a, settings, params);
}

static void a_key_is_read_from_every_header(void **state)
{
	static const struct string_param rows[] = {
		{ "HTTP_AUTHORIZATION", "Bearer " SITE_KEY },
		{ "HTTP_AUTHORIZATION", "bearer " SITE_KEY },
		{ "HTTP_AUTHORIZATION", "BEARER   " SITE_KEY },
		{ "REDIRECT_HTTP_AUTHORIZATION", "Bearer " SITE_KEY },
		{ "REDIRECT_REDIRECT_HTTP_AUTHORIZATION", "Bearer " SITE_KEY },
		{ "HTTP_X_API_KEY", SITE_KEY },
		{ "HTTP_API_KEY", SITE_KEY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked *q =
			ask_one(*state, NULL, rows[i].name, rows[i].value);

		if (!q->ok)
			fail_msg("%s: %s", rows[i].name, rows[i].value);
		assert_false(q->caller.own);
		assert_int_equal(q->caller.n_credentials, 2);
	}
}

static void the_first_valid_key_wins(void **state)
{
	static const struct string_param params[] = {
		{ "HTTP_AUTHORIZATION", "Bearer wrong" },
		{ "HTTP_X_API_KEY", SITE_KEY },
		{ NULL, NULL },
	};

	assert_true(ask(*state, NULL, params)->ok);
}

static void without_a_key_the_error_says_how_to_send_one(void **state)
{
	static const struct {
		const char *server;
		bool hides;
	} rows[] = {
		{ "Apache/2.4.62 (Debian)", true },
		{ "Apache", true },
		{ "nginx", false },
		{ "lighttpd/1.4.69", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked *q = ask_one(*state, NULL, "SERVER_SOFTWARE",
					  rows[i].server);

		assert_false(q->ok);
		assert_error(&q->error, ERROR_API_KEY, "");
		assert_contains(q->error.message,
				"send 'Authorization: Bearer KEY' or "
				"'x-api-key: KEY'.");
		if (rows[i].hides)
			assert_contains(q->error.message, "CGIPassAuth");
		else
			assert_lacks(q->error.message, "Apache");
	}
}

static void unknown_keys_are_refused(void **state)
{
	static const struct string_param rows[] = {
		{ "HTTP_AUTHORIZATION", "Bearer wrong" },
		{ "HTTP_AUTHORIZATION", "Bearer " SITE_KEY "x" },
		{ "HTTP_AUTHORIZATION", "Bearer unit-ke" },
		{ "HTTP_AUTHORIZATION", "Basic " SITE_KEY },
		{ "HTTP_AUTHORIZATION", "Bearer" },
		{ "HTTP_AUTHORIZATION", SITE_KEY },
		{ "HTTP_X_API_KEY", "Bearer " SITE_KEY },
		{ "HTTP_AUTHORIZATION", "Bearer sk-default" },
		{ "HTTP_AUTHORIZATION", "Bearer " SITE_KEY ",other" },
		{ "HTTP_AUTHORIZATION", "Bearer sk-short" },
		{ "HTTP_AUTHORIZATION", "Bearer not.a.jwt" },
		{ "HTTP_AUTHORIZATION", "Bearer a-word-of-no-known-shape" },
		{ "HTTP_AUTHORIZATION", "Bearer ghp_0123456789abcdefABCDEF" },
		{ "HTTP_AUTHORIZATION",
		  "Bearer sk-ant-api03-0123456789abcdef-xyz" },
		{ "HTTP_AUTHORIZATION", "Bearer sk-kimi-0123456789" },
		{ "HTTP_AUTHORIZATION",
		  "Bearer sk-0123456789abcdefghijklmn,word" },
		{ "HTTP_AUTHORIZATION", "Bearer ,,," },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked *q =
			ask_one(*state, NULL, rows[i].name, rows[i].value);

		if (q->ok)
			fail_msg("accepted: %s", rows[i].value);
		assert_error(&q->error, ERROR_API_KEY, "");
		assert_lacks(q->error.message, "unit-ke");
	}
}

#define HERE "localhost:8000"
#define NO_KEYS "#\nKIMI_TOKENS=" SITE_PLATFORM "\n"

static void the_well_known_keys_work_from_loopback_only(void **state)
{
	static const struct {
		const char *address, *host, *key, *forwarded, *origin;
		bool ok;
	} rows[] = {
		{ "127.0.0.1", HERE, "sk-default", NULL, NULL, true },
		{ "::1", HERE, "sk-false", NULL, NULL, true },
		{ "127.0.0.1", HERE, "sk-default", NULL,
		  "http://localhost:3000", true },
		{ "192.0.2.7", HERE, "sk-default", NULL, NULL, false },
		{ "127.0.0.1", "kimi.example", "sk-default", NULL, NULL,
		  false },
		{ "127.0.0.1", NULL, "sk-default", NULL, NULL, false },
		{ "127.0.0.1", HERE, "sk-other", NULL, NULL, false },
		{ "127.0.0.1", HERE, "sk-default", "192.0.2.7", NULL, false },
		{ "127.0.0.1", HERE, "sk-default", "", NULL, false },
		{ "127.0.0.1", HERE, "sk-default", NULL, "https://evil.example",
		  false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct string_param params[] = {
			{ "REMOTE_ADDR", rows[i].address },
			{ "HTTP_X_API_KEY", rows[i].key },
			{ "HTTP_HOST", rows[i].host },
			{ "HTTP_X_FORWARDED_FOR", rows[i].forwarded },
			{ "HTTP_ORIGIN", rows[i].origin },
			{ NULL, NULL },
		};

		assert_int_equal(ask(*state, NO_KEYS, params)->ok, rows[i].ok);
	}
}

static void configured_keys_replace_the_well_known_ones(void **state)
{
	static const struct string_param params[] = {
		{ "REMOTE_ADDR", "127.0.0.1" },
		{ "HTTP_HOST", HERE },
		{ "HTTP_X_API_KEY", "sk-default" },
		{ NULL, NULL },
	};

	assert_false(ask(*state, NULL, params)->ok);
}

static void several_keys_are_several_callers(void **state)
{
	static const char settings[] = "DEFAULT_AUTHKEYS=one, two ,three\n";
	struct asked *one = ask_one(*state, settings, "HTTP_API_KEY", "one");
	struct asked *two = ask_one(*state, settings, "HTTP_API_KEY", "two");

	assert_true(one->ok && two->ok);
	assert_string_not_equal(one->caller.fingerprint,
				two->caller.fingerprint);
	assert_false(ask_one(*state, settings, "HTTP_API_KEY", SITE_KEY)->ok);
}

static void a_client_may_send_credentials(void **state)
{
	struct asked *q = ask_one(
		*state, NULL, "HTTP_AUTHORIZATION",
		"Bearer sk-0123456789abcdefghijklmn, " SITE_WEB
		" ,web:opaque-refresh-token,platform:another-form-of-key");

	assert_true(q->ok);
	assert_true(q->caller.own);
	assert_int_equal(q->caller.n_credentials, 4);
	assert_ptr_equal(q->caller.credentials[0].upstream, &upstream_platform);
	assert_ptr_equal(q->caller.credentials[1].upstream, &upstream_web);
	assert_string_equal(q->caller.credentials[2].secret,
			    "opaque-refresh-token");
	assert_ptr_equal(q->caller.credentials[3].upstream, &upstream_platform);
	assert_lacks(q->caller.label, "0123456789abcdef");
}

static void credentials_of_clients_can_be_turned_off(void **state)
{
	assert_false(ask_one(*state, "ALLOW_CUSTOM_TOKENS=0\n",
			     "HTTP_AUTHORIZATION",
			     "Bearer sk-0123456789abcdefghijklmn")
			     ->ok);
}

static void a_list_of_too_many_credentials_is_refused(void **state)
{
	const char *list = "";

	for (int i = 0; i < 65; i++)
		list = arena_printf(*state, "%s,sk-0123456789abcdefghijklmn%d",
				    list, i);
	assert_false(ask_one(*state, NULL, "HTTP_X_API_KEY", list)->ok);
}

static void a_key_without_credentials_is_a_setup_error(void **state)
{
	struct site *s =
		site_open(*state, "#\nDEFAULT_AUTHKEYS=" SITE_KEY "\n", NULL);
	const char *response =
		site_ask(s, "POST", "/v1/chat/completions", BODY);

	assert_contains(response, "Status: 503 ");
	assert_contains(response, "KIMI_TOKENS");
	assert_contains(response, "x-should-retry: false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_read_from_every_header),
		TEST(the_first_valid_key_wins),
		TEST(without_a_key_the_error_says_how_to_send_one),
		TEST(unknown_keys_are_refused),
		TEST(the_well_known_keys_work_from_loopback_only),
		TEST(configured_keys_replace_the_well_known_ones),
		TEST(several_keys_are_several_callers),
		TEST(a_client_may_send_credentials),
		TEST(credentials_of_clients_can_be_turned_off),
		TEST(a_list_of_too_many_credentials_is_refused),
		TEST(a_key_without_credentials_is_a_setup_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
