/* SPDX-License-Identifier: MIT */
/* Services: credentials and models. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/site.h"
#include "upstream/api/known_models.h"
#include "upstream/credential.h"
#include "upstream/model.h"
#include "upstream/services.h"
#include "upstream/upstream.h"

#define HEAD "eyJhbGciOiJIUzUxMiJ9."
/* {"app_id":"kimi","typ":"refresh","exp":4102444800} */
#define REFRESH                                                                 \
	HEAD "eyJhcHBfaWQiOiJraW1pIiwidHlwIjoicmVmcmVzaCIsImV4cCI6NDEwMjQ0NDgw" \
	     "MH0.c2ln"
#define LIST HEAD "WzFd.c2ln"
#define KEY "sk-0123456789abcdefghijklmn"

static void the_service_follows_from_prefix_or_shape(void **state)
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

static void a_word_that_cannot_be_a_token_is_refused_unquoted(void **state)
{
	static const char *const rows[][2] = {
		{ "", "is empty." },
		{ "web:", "is empty." },
		{ "has blank", "contains white space." },
		{ "code:", "is empty." },
		{ "tab\tsecret", "contains white space." },
		{ "line\nsecret", "contains white space." },
		{ "secr\xC3\xA9t", "contains a character that none has." },
		{ "quote\"secret",
		  "contains a quote: if the browser shows a list, join its "
		  "parts with '.'." },
		{ "back\\secret", "contains a character that none has." },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct credential c;
		struct error e = { .kind = ERROR_KINDS };

		assert_false(credential_parse(&c, *state, rows[i][0], &e));
		assert_error(&e, ERROR_SETUP, "");
		assert_string_equal(e.message, rows[i][1]);
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
	for (size_t i = 0; services[i] != NULL; i++)
		for (const struct model *m = services[i]->models;
		     m->name != NULL; m++) {
			assert_ptr_equal(m->upstream, services[i]);
			assert_ptr_equal(model_known(m->name, services[i]), m);
			assert_true(m->context > 0 && m->created > 0);
		}
}

static void unknown_models_get_cautious_assumptions(void **state)
{
	struct model m = known_models_assume("kimi-k99", &upstream_platform);

	(void)state;
	assert_ptr_equal(m.upstream, &upstream_platform);
	assert_string_equal(m.name, "kimi-k99");
	assert_true(m.traits & MODEL_FIXED_SAMPLING);
	m = known_models_assume("moonshot-v1-8k", &upstream_platform);
	assert_false(m.traits & MODEL_FIXED_SAMPLING);
	m = known_models_assume("kimi-k3.2", &upstream_platform);
	assert_true(m.traits & MODEL_EFFORT);
}

static void a_service_may_serve_what_it_does_not_list(void **state)
{
	struct model m;

	(void)state;
	assert_null(upstream_web.assume);
	assert_null(upstream_code.assume);
	assert_true(upstream_platform.assume("kimi-k99", &m));
	assert_string_equal(m.name, "kimi-k99");
	assert_ptr_equal(m.upstream, &upstream_platform);
	assert_true(upstream_platform.assume("moonshot-v1-8k", &m));
	assert_false(upstream_platform.assume("k99", &m));
	assert_false(upstream_platform.assume("gpt-5", &m));
}

/* So that each entry of KIMI_TOKENS has a service. */
static void a_secret_is_recognized_by_exactly_one_service(void **state)
{
	static const char *const secrets[] = { KEY,	 "sk-x",    SITE_WEB,
					       "opaque", "sk-kimi", "sk-kimi-x",
					       "",	 "s" };

	(void)state;
	for (size_t i = 0; i < COUNT(secrets); i++) {
		unsigned n = 0;

		for (size_t k = 0; services[k] != NULL; k++)
			n += services[k]->recognizes(secrets[i]);
		assert_int_equal(n, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_service_follows_from_prefix_or_shape),
		TEST(a_word_that_cannot_be_a_token_is_refused_unquoted),
		TEST(a_label_shows_little_of_the_secret),
		TEST(only_what_looks_like_a_credential_is_plausible),
		TEST(names_find_their_models),
		TEST(unknown_models_get_cautious_assumptions),
		TEST(a_service_may_serve_what_it_does_not_list),
		TEST(a_secret_is_recognized_by_exactly_one_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
