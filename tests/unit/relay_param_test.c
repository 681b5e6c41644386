/* SPDX-License-Identifier: MIT */
/* What errors are said to be about, in each dialect's own words. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define RESPONSES "/v1/responses"
#define MESSAGES "/v1/messages"

/* What Kimi cannot be given: a strict schema, for its member "a", and an
 * image. */
#define BAD_SCHEMA "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[]}}}"
#define STRICT ",\"strict\":true"
#define GOOD_SCHEMA "{\"type\":\"object\"}"
#define SVG "data:image/svg+xml;base64,PHN2Zy8+"
#define TEXT(type, text) "{\"type\":\"" type "\",\"text\":\"" text "\"}"

static void an_error_names_what_this_dialect_calls_it(void **state)
{
	static const struct {
		const char *path, *body, *param;
	} rows[] = {
		{ RESPONSES,
		  "\"input\":[{\"role\":\"user\",\"content\":[{\"type\":"
		  "\"input_file\",\"file_id\":\"file-none\"}]}]",
		  "\"param\":\"input[0].content[0].file_id\"" },
		{ CHAT,
		  "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
		  "\"file\",\"file\":{\"file_id\":\"file-none\"}}]}]",
		  "\"param\":\"messages[0].content[0].file.file_id\"" },
		{ RESPONSES,
		  "\"input\":[{\"type\":\"function_call_output\","
		  "\"call_id\":\"call_a\",\"output\":\"A\"}]",
		  "\"param\":\"input[0].call_id\"" },
		{ CHAT,
		  "\"messages\":[" SAYS(
			  "A") ",{\"role\":\"tool\","
			       "\"tool_call_id\":\"call_a\",\"content\":\"A\"}]",
		  "\"param\":\"messages[1].tool_call_id\"" },
		{ RESPONSES, "\"input\":\"A\"", "\"param\":\"input\"" },
		{ RESPONSES, "\"input\":\"A\",\"conversation\":\"a b\"",
		  "\"param\":\"conversation\"" },
		{ "/c/a%20b/v1/chat/completions",
		  "\"messages\":[" SAYS("A") "]",
		  "\"param\":\"conversation_id\"" },
		{ "/v1/completions", "\"prompt\":\"A\"",
		  "\"param\":\"prompt\"" },
		{ CHAT, "\"messages\":[" SAYS("A") "]",
		  "\"param\":\"messages\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(400, "{\"error\":{\"type\":\"invalid_"
					   "request_error\",\"message\":"
					   "\"exceeded model token limit\"}}"),
			{ 0 },
		};
		struct site *s = site_open(*state, NULL, answers);

		assert_contains(site_ask(s, "POST", rows[i].path,
					 arena_printf(*state,
						      "{\"model\":\"kimi-k3\","
						      "%s}",
						      rows[i].body)),
				rows[i].param);
	}
}

static void a_conversation_that_is_full_says_so_in_each_dialect(void **state)
{
	static const struct {
		const char *path, *body, *param;
	} rows[] = {
		{ "/c/mine" RESPONSES, "\"input\":\"A\"",
		  "\"param\":\"input\"" },
		{ "/c/mine/v1/completions", "\"prompt\":\"A\"",
		  "\"param\":\"prompt\"" },
		{ CONVERSATION, "\"messages\":[" SAYS("A") "]",
		  "\"param\":\"messages\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(200, DELTA("one") END),
			{ 0 },
		};
		struct site *s = site_open(
			*state, "KIMI_CONVERSATION_ITEMS=2\n", answers);
		const char *body = arena_printf(
			*state, "{\"model\":\"kimi-k3\",%s}", rows[i].body);

		assert_contains(site_ask(s, "POST", rows[i].path, body),
				"Status: 200 ");
		assert_contains(site_ask(s, "POST", rows[i].path, body),
				rows[i].param);
	}
}

struct place {
	const char *path, *body;
	const char *param; /* in the error's own member, or before its text */
};

#define CHAT_HI "\"messages\":[" SAYS("Hi") "]"
#define CHAT_FUNCTION(name, schema)                                            \
	"{\"type\":\"function\",\"function\":{\"name\":\"" name                \
	"\",\"parameters\":" schema "}}"
#define CHAT_IMAGE                                                             \
	"{\"type\":\"image_url\",\"image_url\":{\"url\":\"" SVG "\"}}"

static const struct place chat_places[] = {
	{ CHAT,
	  CHAT_HI ",\"tools\":[{\"type\":\"web_search\"}," CHAT_FUNCTION(
		  "f", GOOD_SCHEMA) "," CHAT_FUNCTION("g",
						      BAD_SCHEMA STRICT) "]",
	  "tools[2].function.parameters.properties.a" },
	{ CHAT,
	  CHAT_HI
	  ",\"response_format\":{\"type\":\"json_schema\","
	  "\"json_schema\":{\"name\":\"n\",\"schema\":" BAD_SCHEMA STRICT "}}",
	  "response_format.json_schema.schema.properties.a" },
	/* Messages and parts that say nothing are counted. */
	{ CHAT,
	  "\"messages\":[{\"role\":\"system\",\"content\":\"\"},{\"role\":"
	  "\"user\",\"content\":[" TEXT("text", "") "," CHAT_IMAGE "]}]",
	  "messages[1].content[1].image_url" },
	{ CHAT,
	  "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\","
	  "\"file\":{\"file_data\":\"data:x;base64,!\"}}]}]",
	  "messages[0].content[0].file" },
	{ CHAT,
	  "\"messages\":[" SAYS("A") "," SAYS("B") ",{\"role\":\"tool\","
						   "\"tool_call_id\":\"x\","
						   "\"content\":\"\"}]",
	  "messages[2].tool_call_id" },
};

#define RESPONSES_FUNCTION(name, schema)                                       \
	"{\"type\":\"function\",\"name\":\"" name "\",\"parameters\":" schema  \
	"}"
#define RESPONSES_IMAGE "{\"type\":\"input_image\",\"image_url\":\"" SVG "\"}"

static const struct place responses_places[] = {
	{ RESPONSES,
	  "\"input\":\"Hi\",\"tools\":[{\"type\":\"web_search\"},"
	  "{\"type\":\"custom\",\"name\":\"c\"}," RESPONSES_FUNCTION(
		  "f", BAD_SCHEMA STRICT) "]",
	  "tools[2].parameters.properties.a" },
	{ RESPONSES,
	  "\"input\":\"Hi\",\"tools\":[{\"type\":\"namespace\",\"name\":"
	  "\"n\",\"tools\":[" RESPONSES_FUNCTION(
		  "f",
		  GOOD_SCHEMA) "," RESPONSES_FUNCTION("g",
						      BAD_SCHEMA STRICT) "]}]",
	  "tools[0].tools[1].parameters.properties.a" },
	{ RESPONSES,
	  "\"input\":\"Hi\",\"text\":{\"format\":{\"type\":\"json_schema\","
	  "\"name\":\"n\",\"schema\":" BAD_SCHEMA STRICT "}}",
	  "text.format.schema.properties.a" },
	{ RESPONSES,
	  "\"input\":[{\"type\":\"reasoning\",\"summary\":[]},{\"role\":"
	  "\"user\",\"content\":[" TEXT("input_text", "") "," RESPONSES_IMAGE
							  "]}]",
	  "input[1].content[1].image_url" },
	/* Reasoning that is named and not stored here keeps its index. */
	{ RESPONSES,
	  "\"input\":[{\"type\":\"item_reference\",\"id\":\"rs_gone\"},"
	  "{\"role\":\"user\",\"content\":[" RESPONSES_IMAGE "]}]",
	  "input[1].content[0].image_url" },
	/* Two items are one message, and one item is two of its own. */
	{ RESPONSES,
	  "\"input\":[{\"type\":\"function_call\",\"call_id\":\"a\","
	  "\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":"
	  "\"function_call\",\"call_id\":\"b\",\"name\":\"f\",\"arguments\":"
	  "\"{}\"},{\"type\":\"function_call_output\",\"call_id\":\"b\","
	  "\"output\":[" RESPONSES_IMAGE "]}]",
	  "input[2].output[0].image_url" },
	{ RESPONSES,
	  "\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\","
	  "\"file_id\":\"file-none\"}]}]",
	  "input[0].content[0].file_id" },
	{ RESPONSES,
	  "\"input\":[{\"role\":\"user\",\"content\":\"A\"},{\"type\":"
	  "\"function_call_output\",\"call_id\":\"x\",\"output\":\"\"}]",
	  "input[1].call_id" },
};

#define MESSAGES_HI "\"max_tokens\":9," CHAT_HI
#define MESSAGES_IMAGE                                                         \
	"{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":"  \
	"\"image/svg+xml\",\"data\":\"PHN2Zy8+\"}}"

static const struct place messages_places[] = {
	{ MESSAGES,
	  MESSAGES_HI ",\"output_config\":{\"format\":{\"type\":"
		      "\"json_schema\",\"schema\":" BAD_SCHEMA "}}",
	  "output_config.format.schema.properties.a" },
	{ MESSAGES,
	  MESSAGES_HI ",\"output_format\":{\"type\":\"json_schema\","
		      "\"schema\":" BAD_SCHEMA "}",
	  "output_format.schema.properties.a" },
	{ MESSAGES,
	  "\"max_tokens\":9,\"messages\":[" SAYS(
		  "") ",{\"role\":\"user\","
		      "\"content\":[" TEXT("text", "") "," MESSAGES_IMAGE "]}]",
	  "messages.1.content.1.source" },
	/* One message is three of ours, in another order. */
	{ MESSAGES,
	  "\"max_tokens\":9,\"messages\":[{\"role\":\"assistant\",\"content\":"
	  "[{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}}]},"
	  "{\"role\":\"user\",\"content\":[" TEXT(
		  "text", "see") ",{\"type\":\"tool_result\","
				 "\"tool_use_id\":\"a\",\"content\":[" TEXT(
					 "text", "r") "," MESSAGES_IMAGE
						      "]}]}]",
	  "messages.1.content.1.content.1.source" },
	{ MESSAGES,
	  "\"max_tokens\":9,\"messages\":[" SAYS("A") ",{\"role\":\"user\",\"content\":[" TEXT(
		  "text", "B") ",{\"type\":\"tool_result\",\"tool_use_id\":"
			       "\"x\",\"content\":\"\"}]}]",
	  "messages.1.content.1.tool_use_id" },
};

/* The error of a request, whole or streamed. */
static const cJSON *refused(struct arena *a, const struct place *place,
			    const char *stream)
{
	struct replay_answer nothing[] = { { 0 } };
	struct site *s = site_open(a, NULL, nothing);
	const char *body =
		arena_printf(a, "{\"model\":\"kimi-k2.6\",\"stream\":%s,%s}",
			     stream, place->body);
	const char *answer = site_ask(s, "POST", place->path, body);

	if (strncmp(answer, "Status: 4", 9) != 0)
		fail_msg("%s: %s", place->body, answer);
	return json_at(parse(a, site_body(answer)), "error");
}

static void openai_clients_get_their_own_names(void **state)
{
	static const struct {
		const struct place *places;
		size_t n;
	} lists[] = {
		{ chat_places, COUNT(chat_places) },
		{ responses_places, COUNT(responses_places) },
	};

	for (size_t i = 0; i < COUNT(lists); i++)
		for (size_t k = 0; k < 2 * lists[i].n; k++) {
			const struct place *place = &lists[i].places[k / 2];
			const cJSON *error = refused(
				*state, place, k % 2 == 0 ? "false" : "true");

			assert_string_equal(json_text(error, "param"),
					    place->param);
			assert_lacks(json_text(error, "message"), "[");
		}
}

static void anthropic_clients_get_their_own_names(void **state)
{
	for (size_t k = 0; k < 2 * COUNT(messages_places); k++) {
		const struct place *place = &messages_places[k / 2];
		const char *message = json_text(
			refused(*state, place, k % 2 == 0 ? "false" : "true"),
			"message");
		const char *expected =
			arena_printf(*state, "%s: ", place->param);

		if (strncmp(message, expected, strlen(expected)) != 0)
			fail_msg("'%s' does not begin with '%s'", message,
				 expected);
	}
}

/* Whether the client sends what is new, or all of it again. */
static void a_conversation_does_not_shift_the_names(void **state)
{
	static const char *const rows[][2] = {
		{ "", "messages[0].content[1].image_url" },
		{ SAYS("A") "," ANSWERED("one") ",",
		  "messages[2].content[1].image_url" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(200, DELTA("one") END),
			{ 0 },
		};
		struct site *s = site_open(*state, NULL, answers);
		const char *answer;

		assert_contains(site_ask(s, "POST", CONVERSATION,
					 PLATFORM(SAYS("A"))),
				"Status: 200 ");
		answer = site_ask(
			s, "POST", CONVERSATION,
			arena_printf(*state,
				     "{\"model\":\"kimi-k3\",\"messages\":[%s"
				     "{\"role\":\"user\",\"content\":[" TEXT(
					     "text", "B") "," CHAT_IMAGE "]}]}",
				     rows[i][0]));
		assert_string_equal(json_text(parse(*state, site_body(answer)),
					      "error.param"),
				    rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_error_names_what_this_dialect_calls_it),
		TEST(openai_clients_get_their_own_names),
		TEST(anthropic_clients_get_their_own_names),
		TEST(a_conversation_does_not_shift_the_names),
		TEST(a_conversation_that_is_full_says_so_in_each_dialect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
