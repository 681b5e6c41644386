/* SPDX-License-Identifier: MIT */
/* Strangers: Kimi is asked about a credential once, and nothing else happens
 * before it has accepted one. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define ONE "sk-stranger0123456789abcdef1"
#define TWO "sk-stranger0123456789abcdef2"
#define FILES "/v1/files"

#define LISTS(code)                                                            \
	{                                                                      \
		.method = "GET", .path = "/models", .status = (code),          \
		.body = (code) == 200 ? "{\"data\":[{\"id\":\"kimi-k3\"}]}" :  \
					"{\"error\":{\"message\":\"No.\"}}"    \
	}

static const char *ask(struct site *s, const char *key, const char *method,
		       const char *uri, const char *body)
{
	struct string_gateway *g = site_request(s, method, uri, body);

	string_gateway_set(g, "HTTP_AUTHORIZATION",
			   arena_printf(s->arena, "Bearer %s", key));
	return site_serve(s, g);
}

static int64_t rows(const struct site *s)
{
	return database_int(s->db_path,
			    "SELECT (SELECT count(*) FROM keys) + "
			    "(SELECT count(*) FROM credentials) + "
			    "(SELECT count(*) FROM credential_notes) + "
			    "(SELECT count(*) FROM model_lists) + "
			    "(SELECT count(*) FROM requests) + "
			    "(SELECT count(*) FROM conversations)");
}

static void a_refusal_is_told_again_without_asking(void **state)
{
	struct replay_answer answers[] = { LISTS(401), { 0 } };
	struct site *s = site_open(*state, NULL, answers);

	for (int i = 0; i < 3; i++) {
		const char *answer = ask(s, ONE, "GET", FILES, NULL);

		assert_contains(answer, "Status: 401 ");
		assert_contains(answer, "Kimi says: No.");
	}
	assert_int_equal(s->replay.n_calls, 1);
	assert_string_equal(s->replay.calls[0].bearer, ONE);
	assert_int_equal(rows(s), 0);
	assert_null(database_text(*state, s->db_path,
				  "SELECT 1 FROM slots "
				  "WHERE credential <> 'new '"));
}

static void a_failure_of_kimi_is_not_remembered(void **state)
{
	struct replay_answer answers[] = { LISTS(503), LISTS(200), { 0 } };
	struct site *s = site_open(*state, NULL, answers);

	assert_contains(ask(s, ONE, "GET", FILES, NULL), "Status: 503 ");
	assert_int_equal(rows(s), 0);
	assert_contains(ask(s, ONE, "GET", FILES, NULL), "Status: 200 ");
	assert_contains(ask(s, ONE, "GET", FILES, NULL), "Status: 200 ");
	assert_int_equal(s->replay.n_calls, 2);
}

/* The list that proved it is the list of its models. */
static void an_acceptance_keeps_what_was_learned(void **state)
{
	struct replay_answer answers[] = { LISTS(200), { 0 } };
	struct site *s = site_open(*state, NULL, answers);
	const char *answer = ask(s, ONE, "GET", "/v1/models", NULL);

	assert_contains(answer, "\"kimi-k3\"");
	assert_lacks(answer, "\"kimi-k2.6\"");
	assert_int_equal(s->replay.n_calls, 1);
	assert_int_equal(database_int(s->db_path,
				      "SELECT count(*) FROM credentials "
				      "WHERE accepted_at NOT NULL"),
			 1);
	assert_int_equal(database_int(s->db_path, "SELECT count(*) FROM slots"),
			 0);
}

static void the_body_of_a_stranger_is_not_kept_before(void **state)
{
	struct replay_answer answers[] = { LISTS(401), { 0 } };
	struct site *s = site_open(*state, "KIMI_MAX_BODY=1024\n", answers);
	char *body = arena_alloc(*state, 5000);
	struct string_gateway *g;

	memset(body, 'x', 4999);
	g = site_request(s, "POST", "/v1/conversations", body);
	string_gateway_set(g, "HTTP_AUTHORIZATION", "Bearer " ONE);
	assert_contains(site_serve(s, g), "Status: 401 ");
	assert_int_equal(g->body_left, 0);
}

/* Those that Kimi refuses are left out, and not asked about each time. */
static void a_list_may_have_refused_ones(void **state)
{
	struct replay_answer answers[] = {
		LISTS(401), LISTS(200), LISTS(200), { 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *first;

	assert_contains(ask(s, ONE "," TWO, "GET", FILES, NULL),
			"Status: 200 ");
	assert_contains(ask(s, ONE "," TWO, "GET", FILES, NULL),
			"Status: 200 ");
	assert_int_equal(s->replay.n_calls, 2);
	/* Another process remembers nothing, but knows that it is not time. */
	first = s->db_path;
	s = site_open(*state, arena_printf(*state, "KIMI_DB=%s\n", first),
		      answers);
	assert_contains(ask(s, ONE "," TWO, "GET", FILES, NULL),
			"Status: 200 ");
	assert_int_equal(s->replay.n_calls, 0);
	database_run(first, "UPDATE credentials SET others_checked_at = 5");
	assert_contains(ask(s, ONE "," TWO, "GET", FILES, NULL),
			"Status: 200 ");
	assert_int_equal(s->replay.n_calls, 1);
	assert_int_equal(database_int(first, "SELECT count(*) FROM credentials "
					     "WHERE accepted_at NOT NULL"),
			 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refusal_is_told_again_without_asking),
		TEST(a_failure_of_kimi_is_not_remembered),
		TEST(an_acceptance_keeps_what_was_learned),
		TEST(the_body_of_a_stranger_is_not_kept_before),
		TEST(a_list_may_have_refused_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
