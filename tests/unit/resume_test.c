/* SPDX-License-Identifier: MIT */
/* Resumed streams of Responses, over a Kimi of strings. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define RESPONSES "/v1/responses"
#define ASK "{\"model\":\"kimi-k3\",\"input\":\"A\",\"stream\":true}"

static const char *id_of(struct arena *a, const char *stream)
{
	const char *id = strstr(stream, "resp_");

	assert_non_null(id);
	return arena_copy_n(a, id, strcspn(id, "\""));
}

static struct string_gateway *resume(struct site *s, const char *id)
{
	struct string_gateway *g = site_request(
		s, "GET", arena_printf(s->arena, RESPONSES "/%s", id), NULL);

	string_gateway_set(g, "QUERY_STRING", "stream=true");
	return g;
}

static void cancel(void *ctx)
{
	struct site *s = ctx;

	database_run(s->db_path, "UPDATE stored_responses SET cancelled = 1");
}

/* The cancellation comes after the text, but before the end of the stream. */
static void a_response_cancelled_at_its_end_is_not_completed(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	struct string_gateway *g = site_request(s, "POST", RESPONSES, ASK);
	const char *live, *resumed;

	g->on_watched = cancel;
	g->watched = "response.output_text.delta";
	g->watched_ctx = s;
	live = site_serve(s, g);
	assert_contains(live, "event: response.failed");
	resumed = site_serve(s, resume(s, id_of(*state, live)));
	assert_contains(resumed, "\"delta\":\"one\"");
	assert_lacks(resumed, "response.completed");
	assert_string_equal(site_body(resumed), site_body(live));
}

/* The other dialects' replies are stored responses in the store, but not here. */
static void stored_completions_are_not_responses(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *id = json_text(
		parse(*state, site_body(site_ask(
				      s, "POST", CHAT,
				      "{\"model\":\"kimi-k3\",\"store\":true,"
				      "\"messages\":[" SAYS("A") "]}"))),
		"id");
	const char *path = arena_printf(*state, RESPONSES "/%s", id);
	static const char *const methods[] = { "GET", "DELETE" };

	assert_contains(site_serve(s, resume(s, id)), "Status: 404 ");
	for (size_t i = 0; i < COUNT(methods); i++)
		assert_contains(site_ask(s, methods[i], path, NULL),
				"Status: 404 ");
	path = arena_printf(*state, CHAT "/%s", id);
	assert_contains(site_ask(s, "GET", path, NULL), "Status: 200 ");
}

/* Whether the reply is a summary is in the stored settings. */
static void a_client_cannot_make_a_reply_a_summary(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *live = site_ask(
		s, "POST", RESPONSES,
		"{\"model\":\"kimi-k3\",\"input\":\"A\",\"stream\":true,"
		"\"compacts\":true}");
	const char *resumed = site_serve(s, resume(s, id_of(*state, live)));

	assert_contains(live, "\"delta\":\"one\"");
	assert_string_equal(site_body(resumed), site_body(live));
}

static void a_client_that_leaves_is_logged(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *live = site_ask(s, "POST", RESPONSES, ASK);
	struct string_gateway *g = resume(s, id_of(*state, live));
	size_t n;

	g->max_out = strlen(live) / 2;
	site_serve(s, g);
	assert_contains(files_read(*state, s->log_path, &n),
			" The client left.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_response_cancelled_at_its_end_is_not_completed),
		TEST(stored_completions_are_not_responses),
		TEST(a_client_cannot_make_a_reply_a_summary),
		TEST(a_client_that_leaves_is_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
