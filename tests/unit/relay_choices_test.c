/* SPDX-License-Identifier: MIT */
/* Requests for several choices from end to end, over a Kimi made of strings
 * that several threads ask at once. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/asked.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define USAGE(n)                                                               \
	"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"     \
	"\"stop\",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":" n     \
	"}}]}\n\ndata: [DONE]\n\n"
#define ASKS(more)                                                             \
	"{\"model\":\"kimi-k3\",\"messages\":[" SAYS("Hi") "]," more "}"
#define ROW(columns) "SELECT " columns " FROM requests"

/* Any number of choices get this. */
static struct replay_answer *always(struct arena *a, const char *bytes)
{
	struct replay_answer *x = arena_array(a, 2, sizeof(*x));

	x[0] = (struct replay_answer)PLATFORM_SAYS(200, bytes);
	x[0].again = true;
	return x;
}

/* What the stream's choice says; it ends with its finish reason. */
static const char *choice_text(struct arena *a, const char *stream, int index)
{
	const char *at = stream, *end, *text = "";

	for (; (end = strstr(at, "\n\n")) != NULL; at = end + 2) {
		const cJSON *c;
		const char *piece;

		if (strncmp(at, "data: {", 7) != 0)
			continue;
		c = json_at(parse(a, arena_copy_n(a, at + 6,
						  (size_t)(end - at) - 6)),
			    "choices.0");
		if (json_int(c, "index", -1) != index)
			continue;
		piece = json_text(c, "delta.content");
		text = arena_printf(a, "%s%s", text,
				    piece == NULL ? "" : piece);
		if (json_text(c, "finish_reason") != NULL)
			return arena_printf(a, "%s.%s", text,
					    json_text(c, "finish_reason"));
	}
	return text;
}

static void every_cut_gives_the_same_choices(void **state)
{
	static const char kimi[] = DELTA("on") DELTA("e \xE4\xBD\xA0")
		USAGE("5");
	struct site *s = site_open(*state, NULL, always(*state, kimi));

	for (size_t cut = 0; cut < sizeof(kimi); cut += 1 + cut / 60) {
		struct arena a;
		const char *r;

		arena_init(&a);
		s->replay.n_calls = 0;
		s->replay.cut = cut;
		r = site_body(site_ask(
			s, "POST", CHAT,
			ASKS("\"n\":2,\"stream\":true,\"stream_options\":{"
			     "\"include_usage\":true}")));
		for (int i = 0; i < 2; i++)
			assert_string_equal(choice_text(&a, r, i),
					    "one \xE4\xBD\xA0.stop");
		assert_contains(r, "\"prompt_tokens\":6,"
				   "\"completion_tokens\":10,");
		assert_string_equal(r + strlen(r) - 14, "data: [DONE]\n\n");
		assert_int_equal(s->replay.n_calls, 2);
		arena_fini(&a);
	}
}

static void a_whole_reply_has_eight(void **state)
{
	struct site *s = site_open(*state, NULL,
				   always(*state, DELTA("one") USAGE("5")));
	const cJSON *t, *choice;
	int64_t i = 0;

	s->replay.step = 1;
	t = asked(s, "POST", CHAT, ASKS("\"n\":8"));
	cJSON_ArrayForEach(choice, json_at(t, "choices")) {
		assert_int_equal(json_int(choice, "index", -1), i++);
		assert_string_equal(json_text(choice, "message.content"),
				    "one");
		assert_string_equal(json_text(choice, "finish_reason"), "stop");
	}
	assert_int_equal(i, 8);
	assert_int_equal(json_int(t, "usage.prompt_tokens", -1), 24);
	assert_int_equal(json_int(t, "usage.completion_tokens", -1), 40);
	assert_string_equal(json_text(t, "usage.source"), "upstream");
	assert_int_equal(database_int(s->db_path, ROW("count(*)")), 1);
	assert_int_equal(database_int(s->db_path, ROW("completion_tokens")),
			 40);
	assert_int_equal(database_int(s->db_path, "SELECT count(*) FROM "
						  "messages WHERE reply = 1"),
			 8);
}

/* Two of them come with numbers, the third is counted. */
static void usage_is_as_exact_as_the_least_exact(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") USAGE("5")),
		PLATFORM_SAYS(200, DELTA("two") USAGE("7")),
		PLATFORM_SAYS(200, DELTA("three") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const cJSON *t = asked(s, "POST", CHAT, ASKS("\"n\":3"));

	assert_string_equal(json_text(t, "usage.source"), "estimated");
	assert_true(json_int(t, "usage.completion_tokens", 0) > 12);
	assert_true(json_int(t, "usage.prompt_tokens", 0) > 6);
	assert_string_equal(database_text(*state, s->db_path,
					  ROW("token_source")),
			    "estimated");
	assert_int_equal(database_int(s->db_path, ROW("completion_tokens")),
			 json_int(t, "usage.completion_tokens", 0));
}

static void one_failure_fails_all(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") USAGE("5")),
		PLATFORM_SAYS(400, "{\"error\":{\"type\":"
				   "\"content_filter\",\"message\":\"no\"}}"),
		{ 0 },
	};

	for (int stream = 0; stream < 2; stream++) {
		struct site *s = site_open(*state, NULL, answers);
		const char *r;

		answers[0].used = answers[1].used = false;
		r = site_ask(s, "POST", CHAT,
			     stream ? ASKS("\"n\":2,\"stream\":true") :
				      ASKS("\"n\":2"));
		assert_contains(r, "\"code\":\"content_filter\"");
		assert_lacks(r, "[DONE]");
		assert_lacks(r, "chat.completion\"");
		assert_string_equal(database_text(*state, s->db_path,
						  ROW("status")),
				    "failed");
		assert_string_equal(database_text(*state, s->db_path,
						  ROW("error_kind")),
				    "content_filter");
	}
}

static void each_prompt_is_asked_alone(void **state)
{
	struct site *s =
		site_open(*state, NULL, always(*state, DELTA("!") USAGE("5")));
	const cJSON *t, *choice;
	int i = 0;

	t = asked(s, "POST", "/v1/completions",
		  "{\"model\":\"kimi-k3\",\"echo\":true,\"n\":2,"
		  "\"prompt\":[\"p0\",\"p1\",\"p2\"]}");
	cJSON_ArrayForEach(choice, json_at(t, "choices")) {
		assert_string_equal(json_text(choice, "text"),
				    arena_printf(*state, "p%d!", i / 2));
		assert_int_equal(json_int(choice, "index", -1), i++);
	}
	assert_int_equal(i, 6);
	assert_int_equal(json_int(t, "usage.completion_tokens", 0), 30);
	for (size_t c = 0; c < 6; c++) {
		const cJSON *sent = parse(*state, s->replay.calls[c].body);

		assert_int_equal(cJSON_GetArraySize(json_at(sent, "messages")),
				 1);
	}
}

/* More than there are threads, and never more at a time. */
static void sixty_four_choices_are_made(void **state)
{
	struct site *s =
		site_open(*state, NULL, always(*state, DELTA("!") USAGE("1")));
	const char *list = "\"a\"";
	const cJSON *t;

	for (int i = 1; i < 8; i++)
		list = arena_printf(*state, "%s,\"a\"", list);
	t = asked(s, "POST", "/v1/completions",
		  arena_printf(*state,
			       "{\"model\":\"kimi-k3\",\"n\":8,\"prompt\":"
			       "[%s]}",
			       list));
	assert_int_equal(cJSON_GetArraySize(json_at(t, "choices")), 64);
	assert_int_equal(json_int(t, "usage.completion_tokens", 0), 64);
	assert_int_equal(s->replay.n_calls, 64);
}

static void a_conversation_has_one_choice(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g;

	assert_refused(s, site_ask(s, "POST", CONVERSATION, ASKS("\"n\":2")),
		       "400", "n");
	assert_refused(s, site_ask(s, "POST", "/c/mine" CHAT, ASKS("\"n\":2")),
		       "400", "n");
	g = site_request(s, "POST", "/v1/completions",
			 "{\"model\":\"kimi-k3\",\"prompt\":[\"a\",\"b\"]}");
	string_gateway_set(g, "HTTP_X_CONVERSATION_ID", "mine");
	assert_refused(s, site_serve(s, g), "400", "prompt");
}

static void chats_of_all_choices_are_deleted(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("Hello") ALL_DONE),
		COMPLETES("c2", 200, CMPL("Hello") ALL_DONE),
		COMPLETES("c3", 200, CMPL("Hello") ALL_DONE),
		CREATES("c1"),
		CREATES("c2"),
		CREATES("c3"),
		DELETES("c1"),
		DELETES("c2"),
		DELETES("c3"),
		{ 0 },
	};
	struct site *s;
	const cJSON *t;
	size_t deleted = 0;

	s = site_open(*state, NULL, answers);
	t = asked(s, "POST", CHAT,
		  "{\"model\":\"k2\",\"n\":3,\"messages\":[" SAYS("Hi") "]}");
	assert_int_equal(cJSON_GetArraySize(json_at(t, "choices")), 3);
	for (size_t i = 0; i < s->replay.n_calls; i++)
		deleted += strcmp(s->replay.calls[i].method, "DELETE") == 0;
	assert_int_equal(deleted, 3);
}

#define SEARCHES                                                                 \
	DELTA("Look: ")                                                          \
	"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":"   \
	"\"s\",\"function\":{\"name\":\"$web_search\",\"arguments\":\"{}\"}}]}," \
	"\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"

/* What follows a search may begin at any time: the client has a part already. */
static void a_reply_that_began_may_go_on_for_any_time(void **state)
{
	for (int n = 1; n <= 2; n++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(200, SEARCHES),
			PLATFORM_SAYS(200, SEARCHES),
			PLATFORM_SAYS(200, DELTA("found") END),
			{ 0 },
		};
		struct site *s;
		size_t searched = 0;

		answers[2].again = true;
		s = site_open(*state, NULL, answers);
		assert_contains(
			site_ask(s, "POST", CHAT,
				 arena_printf(*state,
					      ASKS("\"web_search_options\":{},"
						   "\"n\":%d"),
					      n)),
			"found");
		for (size_t i = 0; i < s->replay.n_calls; i++) {
			const struct replay_call *c = &s->replay.calls[i];
			bool goes_on = strstr(c->body, "\"tool_call_id\"");

			assert_int_equal(c->in_time, !goes_on);
			searched += goes_on;
		}
		assert_in_range(searched, 1, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_cut_gives_the_same_choices),
		TEST(a_whole_reply_has_eight),
		TEST(usage_is_as_exact_as_the_least_exact),
		TEST(one_failure_fails_all),
		TEST(each_prompt_is_asked_alone),
		TEST(sixty_four_choices_are_made),
		TEST(a_conversation_has_one_choice),
		TEST(chats_of_all_choices_are_deleted),
		TEST(a_reply_that_began_may_go_on_for_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
