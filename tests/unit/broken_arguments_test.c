/* SPDX-License-Identifier: MIT */
/*
 * Arguments that are no JSON object: clients to whom they are text get them,
 * the others an error; in a client's history they reach Kimi in another form.
 */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define RESPONSES "/v1/responses"
#define MESSAGES "/v1/messages"

static const char *const broken[] = {
	"{\"a\":\"rm -rf /\"x\"}",
	"{\"a\":1",
	"\"a\"",
	"[1]",
	"nonsense",
	"{\"a\":01}",
	"7",
	"{}{}",
	"{\"a\":\"\\uXYZ1\"}",
};

/* A JSON string. */
static const char *quoted(struct arena *a, const char *text)
{
	struct buf *out = arena_buf(a, 10000);
	struct json_writer w;

	json_writer_init(&w, out);
	json_put_text(&w, NULL, text);
	return buf_text(out);
}

static const char *calls(struct arena *a, unsigned index, const char *arguments)
{
	return arena_printf(
		a,
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{"
		"\"index\":%u,\"id\":\"f:%u\",\"type\":\"function\","
		"\"function\":{\"name\":\"f\",\"arguments\":%s}}]},"
		"\"finish_reason\":null}]}\n\n",
		index, index, quoted(a, arguments));
}

#define ENDS(reason)                                                                \
	"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason \
	"\"}]}\n\ndata: [DONE]\n\n"

/* Kimi calls with these arguments, then says `after`. */
static struct site *site_of(struct arena *a, const char *arguments,
			    const char *after)
{
	struct replay_answer *answers = arena_array(a, 2, sizeof(*answers));

	answers[0] = (struct replay_answer)PLATFORM_SAYS(
		200, arena_printf(a, "%s%s", calls(a, 0, arguments), after));
	return site_open(a, NULL, answers);
}

static const char *ask(struct site *s, const char *path, bool stream)
{
	return site_ask(
		s, "POST", path,
		arena_printf(s->arena,
			     "{\"model\":\"kimi-k3\",\"stream\":%s,"
			     "\"max_tokens\":99,\"%s\":[" SAYS("Hi") "]}",
			     stream ? "true" : "false",
			     strcmp(path, RESPONSES) == 0 ? "input" :
							    "messages"));
}

static void assert_failed(struct site *s)
{
	assert_string_equal(database_text(s->arena, s->db_path,
					  "SELECT status || ' ' || error_kind "
					  "FROM requests"),
			    "failed upstream");
}

static void a_messages_client_gets_an_error(void **state)
{
	for (size_t i = 0; i < COUNT(broken); i++)
		for (int last = 0; last < 2; last++) {
			const char *after =
				last ? ENDS("tool_calls") :
				       arena_printf(*state, "%s%s",
						    calls(*state, 1, "{}"),
						    ENDS("tool_calls"));
			struct site *s = site_of(*state, broken[i], after);
			const char *response = ask(s, MESSAGES, false);

			assert_contains(response, "Status: 502 ");
			assert_contains(response, "\"type\":\"api_error\"");
			assert_contains(response, "'f'");
			assert_lacks(response, "tool_use");
			assert_failed(s);

			s = site_of(*state, broken[i], after);
			response = ask(s, MESSAGES, true);
			assert_contains(response, "event: error");
			assert_contains(response, "\"type\":\"api_error\"");
			assert_lacks(response, "content_block_stop");
			assert_lacks(response, "message_stop");
			assert_failed(s);
		}
}

/* Kimi forgets to escape them; each client gets JSON. */
static void line_breaks_in_strings_are_no_error(void **state)
{
	static const char *const paths[] = { CHAT, RESPONSES, MESSAGES };

	for (size_t i = 0; i < COUNT(paths); i++)
		for (int stream = 0; stream < 2; stream++) {
			struct site *s = site_of(*state, "{\"a\":\"x\ny\"}",
						 ENDS("tool_calls"));
			const char *response = ask(s, paths[i], stream);

			assert_contains(response, "Status: 200 ");
			assert_contains(response, "\\u000a");
			assert_lacks(response, "event: error");
		}
}

/* The call's end waits for what comes next, also if that is text. */
static void text_after_a_broken_call_does_not_end_it(void **state)
{
	struct site *s = site_of(*state, "{\"a\"", DELTA("so") END);
	const char *response = ask(s, MESSAGES, true);

	assert_contains(response, "event: error");
	assert_lacks(response, "content_block_stop");
	assert_failed(s);
}

/* The turn failed: what the model said is recorded, but does not join. */
static void a_conversation_goes_on_without_the_broken_call(void **state)
{
	static const char path[] = "/c/mine" MESSAGES;
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, arena_printf(*state, "%s%s",
						calls(*state, 0, "{\"a\""),
						ENDS("tool_calls"))),
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const cJSON *messages;

	assert_contains(ask(s, path, true), "event: error");
	assert_contains(ask(s, path, true), "fine");
	messages = json_at(parse(*state, s->replay.calls[1].body), "messages");
	assert_int_equal(cJSON_GetArraySize(messages), 1);
	assert_int_equal(database_int(s->db_path,
				      "SELECT count(*) FROM requests "
				      "WHERE status = 'failed'"),
			 1);
}

static void one_that_was_cut_off_says_so(void **state)
{
	struct site *s = site_of(*state, "{\"a\":\"x", ENDS("length"));
	const char *response = ask(s, MESSAGES, false);

	assert_contains(response, "Status: 200 ");
	assert_contains(response, "\"stop_reason\":\"max_tokens\"");
	assert_contains(response, "\"input\":{\"INVALID_JSON\":"
				  "\"{\\\"a\\\":\\\"x\"}");
	s = site_of(*state, "{\"a\":\"x", ENDS("length"));
	response = ask(s, MESSAGES, true);
	assert_contains(response, "\"stop_reason\":\"max_tokens\"");
	assert_contains(response, "message_stop");
}

/* Nobody must take the call for one to run. */
static void so_does_one_that_a_filter_cut(void **state)
{
	static const struct {
		const char *path, *whole, *streamed;
	} rows[] = {
		{ CHAT, "\"finish_reason\":\"content_filter\"",
		  "\"finish_reason\":\"content_filter\"" },
		{ RESPONSES, "\"reason\":\"content_filter\"",
		  "response.incomplete" },
		{ MESSAGES, "\"stop_reason\":\"refusal\"",
		  "\"stop_reason\":\"refusal\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (int stream = 0; stream < 2; stream++) {
			struct site *s = site_of(*state, "{\"a\":\"x",
						 ENDS("content_filter"));
			const char *response = ask(s, rows[i].path, stream);

			assert_contains(response, "Status: 200 ");
			assert_contains(response, stream ? rows[i].streamed :
							   rows[i].whole);
		}
}

static void others_get_the_text(void **state)
{
	static const char *const paths[] = { CHAT, RESPONSES };

	for (size_t i = 0; i < COUNT(broken); i++)
		for (size_t p = 0; p < COUNT(paths); p++)
			for (int stream = 0; stream < 2; stream++) {
				struct site *s = site_of(*state, broken[i],
							 ENDS("tool_calls"));

				assert_contains(ask(s, paths[p], stream),
						quoted(*state, broken[i]));
				assert_string_equal(
					database_text(*state, s->db_path,
						      "SELECT status "
						      "FROM requests"),
					"done");
			}
}

/* What Kimi gets of a call in the history of each dialect. */
static const char *sent(struct arena *a, const char *path, const char *history)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(a, NULL, answers);
	const char *response = site_ask(
		s, "POST", path,
		arena_printf(a, "{\"model\":\"kimi-k3\",\"max_tokens\":99,%s}",
			     history));
	const cJSON *call;

	assert_contains(response, "Status: 200 ");
	call = json_at(parse(a, s->replay.calls[0].body),
		       "messages.1.tool_calls.0.function.arguments");
	return arena_copy(a, cJSON_GetStringValue(call));
}

#define CHAT_HISTORY                                                           \
	"\"messages\":[" SAYS(                                                 \
		"Hi") ",{\"role\":\"assistant\",\"content\":null,"             \
		      "\"tool_calls\":[{\"id\":\"c\",\"type\":"                \
		      "\"function\",\"function\":{\"name\":"                   \
		      "\"f\",\"arguments\":%s}}]},{\"role\":"                  \
		      "\"tool\",\"tool_call_id\":\"c\","                       \
		      "\"content\":\"r\"}]"
#define RESPONSES_HISTORY                                                      \
	"\"input\":[" SAYS(                                                    \
		"Hi") ",{\"type\":\"function_call\",\"call_id\":\"c\","        \
		      "\"name\":\"f\",\"arguments\":%s},{\"type\":"            \
		      "\"function_call_output\",\"call_id\":\"c\",\"output\":" \
		      "\"r\"}]"
#define MESSAGES_HISTORY                                                       \
	"\"messages\":[" SAYS(                                                 \
		"Hi") ",{\"role\":\"assistant\",\"content\":[{"                \
		      "\"type\":\"tool_use\",\"id\":\"c\","                    \
		      "\"name\":\"f\",\"input\":%s}]},{\"role\":"              \
		      "\"user\",\"content\":[{\"type\":"                       \
		      "\"tool_result\",\"tool_use_id\":\"c\","                 \
		      "\"content\":\"r\"}]}]"

/* As text, and as Kimi gets it: always an object. */
static const char *const texts[][2] = {
	{ "{\"a\": 1.0}", "{\"a\": 1.0}" },
	{ "", "{}" },
	{ " \n", "{}" },
	{ "null", "{}" },
	{ "{\"a\":\"x\ty\"}", "{\"a\":\"x\\ty\"}" },
	{ "{\"a\":\"\\u0000\\ud83d\"}", "{\"a\":\"\\u0000\\ufffd\"}" },
	{ "{\"a\":\"\\uDE00\\uD83D\\uDE00\\\\uD83D\"}",
	  "{\"a\":\"\\ufffd\\uD83D\\uDE00\\\\uD83D\"}" },
	{ "\"{\\\"a\\\":\\\"\\\\ud83d\\\"}\"", "{\"a\":\"\\ufffd\"}" },
	{ "\"{\\\"a\\\":1}\"", "{\"a\":1}" },
	{ "{\"a\":\"x", "{\"INVALID_JSON\":\"{\\\"a\\\":\\\"x\"}" },
	{ "[1]", "{\"INVALID_JSON\":\"[1]\"}" },
	{ "7", "{\"INVALID_JSON\":\"7\"}" },
};

static void a_history_keeps_what_was_called_with(void **state)
{
	struct arena *a = *state;

	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *text = quoted(a, texts[i][0]);

		assert_string_equal(sent(a, CHAT,
					 arena_printf(a, CHAT_HISTORY, text)),
				    texts[i][1]);
		assert_string_equal(
			sent(a, RESPONSES,
			     arena_printf(a, RESPONSES_HISTORY, text)),
			texts[i][1]);
	}
	assert_string_equal(
		sent(a, CHAT, arena_printf(a, CHAT_HISTORY, "{\"p\":[3,1.0]}")),
		"{\"p\":[3,1.0]}");
	assert_string_equal(
		sent(a, RESPONSES,
		     arena_printf(a, RESPONSES_HISTORY, "{\"p\":[3,1.0]}")),
		"{\"p\":[3,1.0]}");
	assert_string_equal(sent(a, MESSAGES,
				 arena_printf(a, MESSAGES_HISTORY,
					      "\"{\\\"a\\\":\\\"keep\\\"}\"")),
			    "{\"a\":\"keep\"}");
}

static void what_is_neither_is_400_and_names_the_field(void **state)
{
	static const struct {
		const char *path, *history, *arguments, *part;
	} rows[] = {
		{ CHAT, CHAT_HISTORY, "[1]",
		  "\"param\":\"messages[1].tool_calls[0].function.arguments\"" },
		{ CHAT, CHAT_HISTORY, "7", "\"code\":\"invalid_type\"" },
		{ RESPONSES, RESPONSES_HISTORY, "true",
		  "\"param\":\"input[1].arguments\"" },
		{ MESSAGES, MESSAGES_HISTORY, "\"{\\\"a\"",
		  "messages.1.content.0.input: Input should be a valid "
		  "dictionary" },
		{ MESSAGES, MESSAGES_HISTORY, "[1]",
		  "messages.1.content.0.input: Input should be a valid "
		  "dictionary" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct site *s = site_open(*state, NULL, NULL);
		const char *arguments = rows[i].arguments;
		const char *response;
		struct buf *body = arena_buf(*state, 10000);
		const char *at = strstr(rows[i].history, "%s");

		buf_puts(body, "{\"model\":\"kimi-k3\",\"max_tokens\":9,");
		buf_append(body, rows[i].history,
			   (size_t)(at - rows[i].history));
		buf_puts(body, arguments);
		buf_puts(body, at + 2);
		buf_puts(body, "}");
		response = site_ask(s, "POST", rows[i].path, buf_text(body));
		assert_contains(response, "Status: 400 ");
		assert_contains(response, rows[i].part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_messages_client_gets_an_error),
		TEST(line_breaks_in_strings_are_no_error),
		TEST(text_after_a_broken_call_does_not_end_it),
		TEST(a_conversation_goes_on_without_the_broken_call),
		TEST(one_that_was_cut_off_says_so),
		TEST(so_does_one_that_a_filter_cut),
		TEST(others_get_the_text),
		TEST(a_history_keeps_what_was_called_with),
		TEST(what_is_neither_is_400_and_names_the_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
