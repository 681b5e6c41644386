/* SPDX-License-Identifier: MIT */
/* What no C string in UTF-8 can hold: clients may send it, in each dialect. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define RESPONSES "/v1/responses"
#define MESSAGES "/v1/messages"
#define MARK "\xEF\xBF\xBD" /* U+FFFD */

/* A NUL, half a pair, a pair the wrong way round, and a pair. */
#define ODD "a\\u0000b\\ud83dc\\ude00\\ud83dd\\ud83d\\ude00"
#define MENDED "a" MARK "b" MARK "c" MARK MARK "d\xF0\x9F\x98\x80"

/* Arguments as JSON text in a string, with the escapes, and what is left: half
 * a pair would make a strict reader refuse them. */
#define ARGUMENTS "{\\\"a\\\":\\\"x\\\\u0000y\\\\ud83dz\\\"}"
#define ARGUMENTS_MENDED "{\\\"a\\\":\\\"x\\\\u0000y\\\\ufffdz\\\"}"

static const struct {
	const char *path, *body;
	const char *sent[6]; /* parts of what Kimi gets */
} rows[] = {
	{ CHAT,
	  "{\"model\":\"kimi-k3\",\"user\":\"" ODD "\",\"messages\":["
	  "{\"role\":\"system\",\"content\":\"s" ODD "\"}," SAYS(
		  "u" ODD) ","
			   "{\"role\":\"assistant\",\"content\":\"t" ODD
			   "\",\"tool_calls\":[{"
			   "\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
			   "\"arguments\":\"" ARGUMENTS
			   "\"}}]},{\"role\":\"tool\","
			   "\"tool_call_id\":\"c1\",\"content\":\"r" ODD "\"}],"
			   "\"metadata\":{\"k" ODD "\":\"v" ODD
			   "\"},\"store\":true}",
	  { "\"s" MENDED, "\"u" MENDED, "\"t" MENDED, "\"r" MENDED,
	    ":\"" MENDED, ARGUMENTS_MENDED } },
	{ RESPONSES,
	  "{\"model\":\"kimi-k3\",\"instructions\":\"s" ODD "\","
	  "\"metadata\":{\"k" ODD "\":\"v" ODD "\"},\"input\":["
	  "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":"
	  "\"u" ODD "\"}]},{\"role\":\"assistant\",\"content\":\"t" ODD "\"},"
	  "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\","
	  "\"arguments\":\"" ARGUMENTS "\"},{\"type\":"
	  "\"function_call_output\",\"call_id\":\"c1\",\"output\":\"r" ODD
	  "\"}]}",
	  { "\"s" MENDED, "\"u" MENDED, "\"t" MENDED, "\"r" MENDED,
	    ARGUMENTS_MENDED } },
	{ MESSAGES,
	  "{\"model\":\"kimi-k3\",\"max_tokens\":99,\"system\":\"s" ODD "\","
	  "\"tools\":[{\"name\":\"f\",\"description\":\"d" ODD "\","
	  "\"input_schema\":{\"type\":\"object\"}}],\"messages\":["
	  "{\"role\":\"user\",\"content\":\"u" ODD "\"},{\"role\":"
	  "\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"c1\","
	  "\"name\":\"f\",\"input\":{\"a" ODD "\":\"i" ODD "\"}}]},{\"role\":"
	  "\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":"
	  "\"c1\",\"content\":[{\"type\":\"text\",\"text\":\"r" ODD "\"}]}]}]}",
	  { "\"s" MENDED, "\"u" MENDED, "\"r" MENDED, "\"d" MENDED,
	    "{\\\"a" MENDED "\\\":\\\"i" MENDED "\\\"}" } },
	{ "/v1/completions",
	  "{\"model\":\"kimi-k3\",\"prompt\":\"p" ODD "\"}",
	  { "\"p" MENDED } },
};

static void odd_characters_reach_kimi_as_marks(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(200, DELTA("fine") END),
			{ 0 },
		};
		struct site *s = site_open(*state, NULL, answers);
		const char *response =
			site_ask(s, "POST", rows[i].path, rows[i].body);

		assert_contains(response, "Status: 200 ");
		assert_contains(response, "fine");
		assert_int_equal(s->replay.n_calls, 1);
		for (size_t k = 0; k < 6 && rows[i].sent[k] != NULL; k++)
			assert_contains(s->replay.calls[0].body,
					rows[i].sent[k]);
	}
}

#define PAIR "\xF0\x9F\x98\x80"

static const char *ask_each_way(struct arena *a, struct replay_answer *answers,
				const char *model, const char *path,
				bool stream)
{
	struct site *s = site_open(a, NULL, answers);
	const char *input = strcmp(path, RESPONSES) == 0 ? "input" : "messages";
	const char *response = site_ask(
		s, "POST", path,
		arena_printf(a,
			     "{\"model\":\"%s\",\"max_tokens\":9,\"stream\":%s,"
			     "\"%s\":[" SAYS("Hi") "]}",
			     model, stream ? "true" : "false", input));

	assert_contains(response, "Status: 200 ");
	assert_lacks(response, "\"type\":\"error\"");
	return response;
}

static void a_pair_in_two_pieces_is_one_character(void **state)
{
	static const char *const paths[] = { CHAT, RESPONSES, MESSAGES };

	for (size_t i = 0; i < 2 * COUNT(paths); i++) {
		struct replay_answer platform[] = {
			PLATFORM_SAYS(200,
				      DELTA("a\\ud83d") DELTA("\\ude00b") END),
			{ 0 },
		};
		struct replay_answer web[] = {
			CREATES("c1"),
			COMPLETES("c1", 200,
				  CMPL("a\\ud83d") CMPL("\\ude00b") ALL_DONE),
			DELETES("c1"),
			{ 0 },
		};
		const char *path = paths[i / 2];

		const char *const responses[] = {
			ask_each_way(*state, platform, "kimi-k3", path, i % 2),
			ask_each_way(*state, web, "k2", path, i % 2),
		};

		for (size_t k = 0; k < COUNT(responses); k++) {
			assert_contains(responses[k], "a" PAIR);
			assert_lacks(responses[k], MARK);
		}
	}
}

/* Nothing follows it, or something else, or the end of the stream. */
static void half_a_pair_at_the_end_is_a_mark(void **state)
{
	static const char *const replies[] = {
		DELTA("a\\ud83d") END,
		DELTA("a\\ud83d") DELTA("b\\ude00") END,
		DELTA("a") "data: {\"choices\":[{\"delta\":{\"content\":"
			   "\"\\ud83d\"},\"finish_reason\":\"stop\"}]}",
	};

	for (size_t i = 0; i < 2 * COUNT(replies); i++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(200, replies[i / 2]),
			{ 0 },
		};

		assert_contains(ask_each_way(*state, answers, "kimi-k3", CHAT,
					     i % 2),
				MARK);
	}
}

/* Cut off, overlong, and no UTF-8 at all; in every place of an event. */
static void bad_bytes_of_kimis_become_marks(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200,
			      DELTA("a\xFF"
				    "b\xC0\xAF"
				    "c\xE4\xBD") DELTA("d\xED\xA0\xBD") END),
		{ 0 },
	};
	struct replay_answer whole[] = {
		PLATFORM_SAYS(200, "{\"id\":\"\xFF\",\"choices\":[{\"message\":"
				   "{\"content\":\"a\xFF"
				   "b\"},"
				   "\"finish_reason\":\"stop\"}]}"),
		{ 0 },
	};
	struct replay_answer legacy[] = {
		COMPLETES("c1", 200,
			  CMPL("a\xFF"
			       "b") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};

	assert_contains(site_ask(site_open(*state, NULL, answers), "POST", CHAT,
				 PLATFORM(SAYS("Hi"))),
			"\"a" MARK "b" MARK MARK "c" MARK MARK
			"d" MARK MARK MARK "\"");
	assert_contains(site_ask(site_open(*state, NULL, whole), "POST", CHAT,
				 PLATFORM(SAYS("Hi"))),
			"\"a" MARK "b\"");
	assert_contains(site_ask(site_open(*state, NULL, legacy), "POST", CHAT,
				 WEB(SAYS("Hi"))),
			"\"a" MARK "b\"");
}

/* Stored whole: what follows a NUL is not lost. */
static void they_are_stored_and_returned(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("o" ODD) END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const cJSON *t =
		parse(*state,
		      site_body(site_ask(s, "POST", RESPONSES,
					 "{\"model\":\"kimi-k3\",\"metadata\":{"
					 "\"k" ODD "\":\"v" ODD
					 "\"},\"input\":\"u" ODD "\"}")));
	const char *path =
		arena_printf(*state, RESPONSES "/%s", json_text(t, "id"));
	const char *again = site_ask(s, "GET", path, NULL);

	assert_contains(again, "\"k" MENDED "\":\"v" MENDED "\"");
	assert_contains(again, "\"o" MENDED "\"");
	assert_contains(site_ask(s, "GET",
				 arena_printf(*state, "%s/input_items", path),
				 NULL),
			"\"u" MENDED "\"");
}

static void bytes_that_are_not_utf8_are_400_and_say_where(void **state)
{
	static const char *const paths[] = { CHAT, RESPONSES, MESSAGES,
					     "/v1/completions" };

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct site *s = site_open(*state, NULL, NULL);
		const char *response = site_ask(s, "POST", paths[i],
						"{\"model\":\"\xED\xA0\xBD\"}");

		assert_contains(response, "Status: 400 ");
		assert_contains(response, "UTF-8 (at byte 10)");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(odd_characters_reach_kimi_as_marks),
		TEST(a_pair_in_two_pieces_is_one_character),
		TEST(half_a_pair_at_the_end_is_a_mark),
		TEST(bad_bytes_of_kimis_become_marks),
		TEST(they_are_stored_and_returned),
		TEST(bytes_that_are_not_utf8_are_400_and_say_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
