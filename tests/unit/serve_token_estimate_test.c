/* SPDX-License-Identifier: MIT */
/* Counted tokens: the endpoint, the usage of replies, and KIMI_VOCABULARY. */
#include "tests/unit/support/test.h"

#include <string.h>
#include <unistd.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/tokenizer.h"

#define ESTIMATE "/v1/tokenizers/estimate-token-count"
#define K2_6(more)                                                             \
	"{\"model\":\"kimi-k2.6\",\"messages\":[" SAYS("Hello") "]" more "}"

static void assert_sum(struct site *s, const char *body, const char *sum)
{
	const char *answer = site_ask(s, "POST", ESTIMATE, body);

	assert_contains(answer, "Status: 200 ");
	assert_string_equal(site_body(answer),
			    arena_printf(s->arena, "{\"data\":{%s}}", sum));
}

static struct site *counting(struct arena *a, struct replay_answer *answers)
{
	return site_open(
		a, arena_printf(a, "KIMI_VOCABULARY=%s\n", tokenizer_source()),
		answers);
}

static void prompts_are_counted(void **state)
{
	struct site *s = counting(*state, NULL);

	assert_sum(s, K2_6(""), "\"total_tokens\":9,\"source\":\"counted\"");
	assert_sum(s, K2_6(",\"thinking\":{\"type\":\"disabled\"}"),
		   "\"total_tokens\":10,\"source\":\"counted\"");
	assert_sum(s, WEB(SAYS("Hello")),
		   "\"total_tokens\":10,\"source\":\"counted\"");
	assert_sum(s, PLATFORM(SAYS("Hello")), /* K3 has another tokenizer */
		   "\"total_tokens\":95,\"source\":\"estimated\"");
	assert_int_equal(s->replay.n_calls, 0);
}

static void without_a_vocabulary_prompts_are_estimated(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	assert_sum(s, K2_6(""), "\"total_tokens\":9,\"source\":\"estimated\"");
	assert_sum(s, WEB(SAYS("Hello, world!")),
		   "\"total_tokens\":11,\"source\":\"estimated\"");
}

static void the_endpoint_needs_a_key_and_a_request(void **state)
{
	static const char *const bodies[][2] = {
		{ "", "The body is empty" },
		{ "[", "\"error\"" },
		{ "{\"model\":\"k2\"}", "\"param\":\"messages\"" },
		{ "{\"messages\":[" SAYS("x") "]}", "\"param\":\"model\"" },
	};
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g = site_request(s, "POST", ESTIMATE, K2_6(""));

	string_gateway_set(g, "HTTP_AUTHORIZATION", NULL);
	assert_contains(site_serve(s, g), "Status: 401 ");
	assert_contains(site_ask(s, "GET", ESTIMATE, NULL), "Status: 405 ");
	for (size_t i = 0; i < COUNT(bodies); i++) {
		const char *r = site_ask(s, "POST", ESTIMATE, bodies[i][0]);

		assert_contains(r, "Status: 400 ");
		assert_contains(r, bodies[i][1]);
	}
}

static void replies_without_usage_are_counted(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("Hello, world!") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = counting(*state, answers);
	const char *r = site_ask(s, "POST", CHAT, WEB(SAYS("Hello")));

	assert_contains(r, "\"prompt_tokens\":10,\"completion_tokens\":5,");
	assert_contains(r, "\"source\":\"counted\"");
	assert_string_equal(
		database_text(*state, s->db_path,
			      "SELECT token_source || ' ' || prompt_tokens || "
			      "' ' || completion_tokens FROM requests"),
		"counted 10 5");
}

/* By the estimate "Hello, w" would pass. */
static void emulated_limits_use_the_count(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("Hello, world!") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = counting(*state, answers);
	const char *r = site_ask(s, "POST", CHAT,
				 "{\"model\":\"k2\",\"max_tokens\":2,"
				 "\"messages\":[" SAYS("Hello") "]}");

	assert_contains(r, "\"content\":\"Hello,\"");
	assert_contains(r, "\"finish_reason\":\"length\"");
	assert_contains(r, "\"completion_tokens\":2,");
}

/* Next to the database, so that the two move together. */
static void the_compiled_vocabulary_is_next_to_the_database(void **state)
{
	struct site *s = counting(*state, NULL);
	const char *path = arena_printf(*state, "%s.vocabulary", s->db_path);

	assert_contains(site_ask(s, "GET", "/v1/models", NULL), "200");
	assert_int_not_equal(access(path, F_OK),
			     0); /* nothing was counted yet */
	site_ask(s, "POST", ESTIMATE, K2_6(""));
	assert_int_equal(access(path, R_OK), 0);
}

static size_t occurrences(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

static void a_broken_vocabulary_is_logged_once(void **state)
{
	struct site *s = site_open(*state, "KIMI_VOCABULARY=/none\n", NULL);
	const char *log;
	size_t n;

	for (int i = 0; i < 3; i++)
		assert_sum(s, K2_6(""),
			   "\"total_tokens\":9,\"source\":\"estimated\"");
	log = files_read(*state, s->log_path, &n);
	assert_int_equal(occurrences(log, "KIMI_VOCABULARY"), 1);
	assert_contains(log, "Tokens are estimated.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(prompts_are_counted),
		TEST(without_a_vocabulary_prompts_are_estimated),
		TEST(the_endpoint_needs_a_key_and_a_request),
		TEST(replies_without_usage_are_counted),
		TEST(emulated_limits_use_the_count),
		TEST(the_compiled_vocabulary_is_next_to_the_database),
		TEST(a_broken_vocabulary_is_logged_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
