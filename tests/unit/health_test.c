/* SPDX-License-Identifier: MIT */
/* GET /healthz: what makes it fail, and who learns why. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/site.h"

#define OK "{\"status\":\"ok\"}"
#define UNAVAILABLE "{\"status\":\"unavailable\"}"

static const char *ask(struct site *s, const char *path, const char *key)
{
	struct string_gateway *g = site_request(s, "GET", path, NULL);

	string_gateway_set(g, "HTTP_AUTHORIZATION", key);
	return site_serve(s, g);
}

static const char *log_of(struct site *s)
{
	size_t n;

	return files_read(s->arena, s->log_path, &n);
}

/* Whoever has a key, and the log, learn why; others only that it is so. */
static void fails(struct site *s, const char *why)
{
	static const char *const strangers[] = { NULL, "Bearer wrong",
						 "Bearer " SITE_WEB };
	const char *answer;

	for (size_t i = 0; i < COUNT(strangers); i++) {
		answer = ask(s, "/healthz", strangers[i]);
		assert_contains(answer, "Status: 503 ");
		assert_string_equal(site_body(answer), UNAVAILABLE);
		assert_contains(log_of(s), why);
	}
	answer = ask(s, "/health", "Bearer " SITE_KEY);
	assert_contains(answer, "Status: 503 ");
	assert_contains(site_body(answer), why);
	assert_string_equal(json_text(parse(s->arena, site_body(answer)),
				      "status"),
			    "unavailable");
}

static void it_is_ok(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	assert_string_equal(site_body(ask(s, "/healthz", NULL)), OK);
	assert_string_equal(site_body(ask(s, "/healthz", "Bearer wrong")), OK);
}

static void it_names_its_files_to_who_has_a_key(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const cJSON *t = parse(
		*state, site_body(ask(s, "/healthz", "Bearer " SITE_KEY)));

	assert_string_equal(json_text(t, "status"), "ok");
	assert_string_equal(json_text(t, "configuration"), s->config_path);
	assert_string_equal(json_text(t, "database"), s->db_path);
}

static void it_needs_a_database(void **state)
{
	fails(site_open(*state, "KIMI_DB=/dev/null/kimi.db\n", NULL),
	      "The database cannot be opened for writing");
}

static void it_needs_credentials(void **state)
{
	fails(site_open(*state, "#\nDEFAULT_AUTHKEYS=" SITE_KEY "\n", NULL),
	      "no Kimi credentials: set KIMI_TOKENS, ");
	fails(site_open(*state,
			"#\nDEFAULT_AUTHKEYS=" SITE_KEY "\n"
			"KIMI_TOKENS=sk- s3cret\n",
			NULL),
	      "kimi.conf line 7: credential 1 of KIMI_TOKENS contains white "
	      "space.");
}

static void it_names_all_that_is_wrong(void **state)
{
	struct site *s = site_open(*state,
				   "#\nDEFAULT_AUTHKEYS=" SITE_KEY "\n"
				   "KIMI_DB=/dev/null/kimi.db\n",
				   NULL);
	const cJSON *t = parse(
		*state, site_body(ask(s, "/healthz", "Bearer " SITE_KEY)));

	assert_contains(json_text(t, "reasons.1"), "KIMI_TOKENS");
	assert_contains(json_text(t, "reasons.0"), "KIMI_DB");
}

/* The keys and the log may be named after what is wrong. */
static void it_needs_a_right_configuration(void **state)
{
	struct site *s = site_open(*state, "KIMI_WORKERS=s3cret\n", NULL);

	fails(s, "kimi.conf line 8: KIMI_WORKERS");
	s = site_open(*state,
		      "#\nKIMI_WORKERS=s3cret\nDEBUG=perhaps\nKIMI_NONE=1\n"
		      "DEFAULT_AUTHKEYS=" SITE_KEY "\n",
		      NULL);
	fails(s, "kimi.conf line 6: KIMI_WORKERS");
	assert_lacks(log_of(s), "s3cret");
	assert_lacks(log_of(s), "perhaps");
}

static void so_does_everything_else(void **state)
{
	static const char *const paths[] = {
		"/", "/v1/models", "/v1/chat/completions", "/api/hello", "/x",
	};
	struct site *s = site_open(*state, "KIMI_WORKERS=many\n", NULL);

	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *answer = ask(s, paths[i], NULL);

		assert_contains(answer, "Status: 503 ");
		assert_contains(answer, "configuration is wrong");
		assert_lacks(answer, "KIMI_WORKERS");
		answer = ask(s, paths[i], "Bearer " SITE_KEY);
		assert_contains(answer, "Status: 503 ");
		assert_contains(answer, "KIMI_WORKERS");
	}
	assert_contains(log_of(s), "kimi.conf line 8: KIMI_WORKERS");
}

/* It goes on without one. */
static void it_names_a_log_that_cannot_be_written(void **state)
{
	struct site *s = site_open(*state, "KIMI_LOG=/dev/null/log\n", NULL);
	const char *answer = ask(s, "/healthz", "Bearer " SITE_KEY);

	assert_contains(answer, "Status: 200 ");
	assert_contains(json_text(parse(*state, site_body(answer)),
				  "reasons.0"),
			"The log cannot be written to /dev/null/log: ");
	assert_string_equal(site_body(ask(s, "/healthz", NULL)), OK);
}

static int64_t written(struct site *s)
{
	return database_int(s->db_path, "SELECT next FROM rotation "
					"WHERE pool = 'healthz'");
}

/* Strangers cannot have it write as often as they like. */
static void it_writes_each_time_for_those_with_a_key(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	int64_t before;

	ask(s, "/healthz", "Bearer " SITE_KEY);
	before = written(s);
	ask(s, "/healthz", NULL);
	assert_int_equal(written(s), before);
	ask(s, "/healthz", "Bearer " SITE_KEY);
	assert_int_not_equal(written(s), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_ok),
		TEST(it_names_its_files_to_who_has_a_key),
		TEST(it_needs_a_database),
		TEST(it_needs_credentials),
		TEST(it_names_all_that_is_wrong),
		TEST(it_needs_a_right_configuration),
		TEST(so_does_everything_else),
		TEST(it_names_a_log_that_cannot_be_written),
		TEST(it_writes_each_time_for_those_with_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
