/* SPDX-License-Identifier: MIT */
/* Calls of tools, however Kimi's events bring them; cut anywhere. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define CODE "KIMI_TOKENS=sk-kimi-unit\n"

#define PIECE(fields) "{" fields "}"
#define F(fields) "\"function\":{" fields "}"
#define NAME(name) "\"name\":\"" name "\""
#define ARGS(text) "\"arguments\":\"" text "\""
#define ID(id) "\"id\":\"" id "\""
#define AT(index) "\"index\":" index

#define HALF_1 "{\\\"a\\\":"
#define HALF_2 "1}"

/* Deltas of tool_calls, each a list, and the calls that clients get. */
static const struct {
	const char *deltas[6];
	const char *calls;
} rows[] = {
	{ { PIECE(AT("0") "," ID("f:0") "," F(NAME("f") "," ARGS(""))),
	    PIECE(AT("0") "," F(ARGS(HALF_1))),
	    PIECE(AT("0") "," F(ARGS(HALF_2))) },
	  "f{\"a\":1} " },
	/* A new id at a used index. */
	{ { PIECE(AT("0") "," ID("f:0") "," F(NAME("f") "," ARGS(HALF_1))),
	    PIECE(AT("0") "," F(ARGS(HALF_2))),
	    PIECE(AT("0") "," ID("g:1") "," F(NAME("g") "," ARGS(HALF_1))),
	    PIECE(AT("0") "," F(ARGS(HALF_2))) },
	  "f{\"a\":1} g{\"a\":1} " },
	{ { PIECE(AT("0") "," ID("f:0") "," F(NAME("f") "," ARGS("{}"))) "," PIECE(
		    AT("0") "," ID("f:1") "," F(NAME("f") "," ARGS(HALF_1))),
	    PIECE(AT("0") "," ID("f:1") "," F(ARGS(HALF_2))) },
	  "f{} f{\"a\":1} " },
	/* Another name at a used index, without ids. */
	{ { PIECE(AT("0") "," F(NAME("f") "," ARGS("{}"))),
	    PIECE(AT("0") "," F(NAME("g") "," ARGS("{}"))) },
	  "f{} g{} " },
	/* The name comes later, and so do arguments before it. */
	{ { PIECE(AT("0") "," ID("f:0") ",\"type\":\"function\""),
	    PIECE(AT("0") "," F(ARGS(HALF_1))), PIECE(AT("0") "," F(NAME("f"))),
	    PIECE(AT("0") "," F(ARGS(HALF_2))) },
	  "f{\"a\":1} " },
	{ { PIECE(ID("f:0")), PIECE(F(NAME("f"))), PIECE(F(ARGS(HALF_1))),
	    PIECE(F(ARGS(HALF_2))) },
	  "f{\"a\":1} " },
	{ { PIECE(AT("1") "," ID("g:1")),
	    PIECE(AT("0") "," ID("f:0") "," F(NAME("f") "," ARGS("{}"))),
	    PIECE(AT("1") "," F(NAME("g") "," ARGS(HALF_1))),
	    PIECE(AT("1") "," F(ARGS(HALF_2))) },
	  "f{} g{\"a\":1} " },
	/* Id and name in every delta. */
	{ { PIECE(AT("0") "," ID("f:0") "," F(NAME("f") "," ARGS(HALF_1))),
	    PIECE(AT("0") "," ID("f:0") "," F(NAME("f") "," ARGS(HALF_2))) },
	  "f{\"a\":1} " },
	{ { PIECE(ID("f:0") "," F(NAME("f") "," ARGS(HALF_1))),
	    PIECE(ID("f:0") "," F(NAME("f") "," ARGS(HALF_2))) },
	  "f{\"a\":1} " },
	{ { PIECE(ID("f:0") "," F(NAME("f") "," ARGS(HALF_1))),
	    PIECE(ID("g:1") "," F(NAME("g") "," ARGS("{}"))),
	    PIECE(ID("f:0") "," F(ARGS(HALF_2))) },
	  "f{\"a\":1} g{} " },
	/* No id at all, no index at all, neither. */
	{ { PIECE(AT("0") "," F(NAME("f") "," ARGS(HALF_1))),
	    PIECE(AT("0") "," F(ARGS(HALF_2))) },
	  "f{\"a\":1} " },
	{ { PIECE(F(NAME("f") "," ARGS(HALF_1))), PIECE(F(ARGS(HALF_2))),
	    PIECE(F(NAME("f") "," ARGS("{}"))) },
	  "f{\"a\":1} f{} " },
	/* Nulls and empty texts. */
	{ { PIECE(AT("0") "," ID("f:0") ",\"type\":\"function\"," F(
		    NAME("f") ",\"arguments\":null")),
	    PIECE(AT("0") ",\"id\":null,\"type\":null," F(
		    "\"name\":null," ARGS(HALF_1))),
	    PIECE(AT("0") "," ID("") "," F(NAME("") "," ARGS(HALF_2))),
	    PIECE(AT("null") ",\"id\":null,\"function\":null"), "null" },
	  "f{\"a\":1} " },
	{ { "null", PIECE(""), PIECE(F(NAME("f"))) }, "f{} " },
	/* An object where the text should be. */
	{ { PIECE(AT("0") "," ID("f:0") "," F(
		  NAME("f") ","
			    "\"arguments\":{\"a\": 1.0,\"b\":[null]}")) },
	  "f{\"a\":1.0,\"b\":[null]} " },
	{ { PIECE(AT("0") "," ID("f:0") "," F(NAME("f") ",\"arguments\":{}")),
	    PIECE(AT("0") "," F(ARGS(HALF_1))),
	    PIECE(AT("0") "," F(ARGS(HALF_2))) },
	  "f{\"a\":1} " },
};

static const char *reply_of(struct arena *a, const char *const *deltas,
			    size_t n, const char *reason)
{
	struct buf *out = arena_buf(a, 100000);

	for (size_t i = 0; i < n && deltas[i] != NULL; i++)
		buf_printf(out,
			   "data: {\"choices\":[{\"index\":0,\"delta\":{"
			   "\"tool_calls\":[%s]},\"finish_reason\":null}]}\n\n",
			   deltas[i]);
	buf_printf(out,
		   "data: {\"choices\":[{\"index\":0,\"delta\":{},"
		   "\"finish_reason\":\"%s\"}]}\n\ndata: [DONE]\n\n",
		   reason);
	return buf_text(out);
}

static const char *calls_of(struct arena *a, const char *response)
{
	const cJSON *list = json_at(parse(a, site_body(response)),
				    "choices.0.message.tool_calls");
	struct buf *out = arena_buf(a, 10000);
	const cJSON *v;

	cJSON_ArrayForEach(v, list) {
		assert_memory_equal(json_text(v, "id"), "call_", 5);
		buf_printf(out, "%s%s ", json_text(v, "function.name"),
			   json_text(v, "function.arguments"));
	}
	return buf_text(out);
}

#define HI "\"max_tokens\":9,\"messages\":[" SAYS("Hi") "]}"

static const char *ask_chat(struct site *s)
{
	return site_ask(s, "POST", CHAT, "{\"model\":\"kimi-k3\"," HI);
}

static void calls_come_in_many_forms(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reply = reply_of(*state, rows[i].deltas,
					     COUNT(rows[i].deltas),
					     "tool_calls");
		struct replay_answer answers[] = {
			PLATFORM_SAYS(200, reply),
			{ 0 },
		};
		struct site *s;

		answers[0].again = true;
		s = site_open(*state, NULL, answers);
		assert_string_equal(calls_of(*state, ask_chat(s)),
				    rows[i].calls);
		s->replay.step = 1;
		assert_string_equal(calls_of(*state, ask_chat(s)),
				    rows[i].calls);
	}
}

/* Two calls never have the same id. */
static void a_missing_id_is_made(void **state)
{
	static const char *const deltas[] = { PIECE(F(NAME("f"))),
					      PIECE(F(NAME("f"))) };
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, reply_of(*state, deltas, 2, "tool_calls")),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const cJSON *message = json_at(parse(*state, site_body(ask_chat(s))),
				       "choices.0.message");

	assert_string_not_equal(json_text(message, "tool_calls.0.id"),
				json_text(message, "tool_calls.1.id"));
}

static void a_call_without_a_name_is_an_error(void **state)
{
	static const char *const deltas[] = {
		PIECE(AT("0") "," ID("f:0") "," F(ARGS(HALF_1))),
		PIECE(AT("0") "," F(ARGS(HALF_2))),
	};
	static const char *const paths[] = { CHAT, "/v1/messages" };

	for (size_t i = 0; i < COUNT(paths); i++)
		for (int cut = 0; cut < 2; cut++) {
			struct replay_answer answers[] = {
				PLATFORM_SAYS(200,
					      reply_of(*state, deltas, 2,
						       cut ? "length" :
							     "tool_calls")),
				{ 0 },
			};
			struct site *s = site_open(*state, NULL, answers);
			const char *response =
				site_ask(s, "POST", paths[i],
					 "{\"model\":\"kimi-k3\"," HI);

			assert_contains(response,
					cut ? "Status: 200 " : "Status: 502 ");
			assert_lacks(response, "tool_use");
			assert_lacks(response, "tool_calls");
		}
}

/* --- The Messages flavour --- */

#define EVENT(type, more)                                                      \
	"event: " type "\ndata: {\"type\":\"" type "\"" more "}\n\n"
#define BEGINS(index, block)                                                   \
	EVENT("content_block_start", index ",\"content_block\":{" block "}")
#define BRINGS(index, json)                                                    \
	EVENT("content_block_delta",                                           \
	      index ",\"delta\":{\"type\":\"input_json_delta\","               \
		    "\"partial_json\":\"" json "\"}")
#define STOPS(index) EVENT("content_block_stop", index)
#define USE(fields) "\"type\":\"tool_use\"," fields
#define INPUT(json) "\"input\":" json
#define START                                                                  \
	EVENT("message_start", ",\"message\":{\"id\":\"m\",\"content\":[]}")
#define STOP                                                                   \
	EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"tool_use\"}")    \
	EVENT("message_stop", "")
#define I(n) ",\"index\":" n

static const struct {
	const char *events, *calls;
} blocks[] = {
	{ BEGINS(I("0"), USE(ID("f0") "," NAME("f") "," INPUT("{}")))
		  BRINGS(I("0"), HALF_1) BRINGS(I("0"), HALF_2) STOPS(I("0")),
	  "f{\"a\":1} " },
	{ BEGINS(I("0"), USE(ID("f0") "," NAME("f") "," INPUT("{\"a\": 1.0}")))
		  STOPS(I("0")),
	  "f{\"a\":1.0} " },
	{ BEGINS(I("0"), USE(ID("f0") "," NAME("f") "," INPUT("{\"x\":1}")))
		  BRINGS(I("0"), HALF_1) BRINGS(I("0"), HALF_2) STOPS(I("0")),
	  "f{\"a\":1} " },
	{ BEGINS("", USE(ID("f0") "," NAME("f"))) BRINGS("", HALF_1)
		  BRINGS("", HALF_2) STOPS("")
			  BEGINS("", USE(ID("g0") "," NAME("g"))) STOPS(""),
	  "f{\"a\":1} g{} " },
	{ BEGINS(I("0"), USE(NAME("f"))) BRINGS(I("0"), "{}") STOPS(I("0"))
		  BEGINS(I("0"), USE(NAME("f"))) BRINGS(I("0"), HALF_1)
			  BRINGS(I("0"), HALF_2) STOPS(I("0")),
	  "f{} f{\"a\":1} " },
	{ BEGINS(I("0"), USE("\"id\":null," NAME("f") ",\"input\":null"))
		  BRINGS(I("0"), "") STOPS(I("0")),
	  "f{} " },
};

static const char *ask_code(struct site *s)
{
	return site_ask(s, "POST", CHAT, "{\"model\":\"k3\"," HI);
}

/* After this answer the Messages flavour is asked. */
#define NO_AGENT                                                                \
	"{\"error\":{\"type\":\"access_terminated_error\",\"message\":"         \
	"\"Kimi For Coding is currently only available for Coding Agents such " \
	"as Kimi CLI\"}}"

static struct site *code_site(struct arena *a, const char *reply)
{
	struct replay_answer *answers = arena_array(a, 3, sizeof(*answers));

	answers[0] = (struct replay_answer)PLATFORM_SAYS(403, NO_AGENT);
	answers[1] = (struct replay_answer){
		.method = "POST",
		.path = "/messages",
		.status = 200,
		.body = reply,
		.again = true,
	};
	return site_open(a, CODE, answers);
}

static void blocks_come_in_many_forms(void **state)
{
	for (size_t i = 0; i < COUNT(blocks); i++) {
		struct site *s =
			code_site(*state, arena_printf(*state, START "%s" STOP,
						       blocks[i].events));

		assert_string_equal(calls_of(*state, ask_code(s)),
				    blocks[i].calls);
		s->replay.step = 1;
		assert_string_equal(calls_of(*state, ask_code(s)),
				    blocks[i].calls);
	}
}

/* In place of a stream. */
static void a_whole_reply_has_whole_calls(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200,
			      "{\"choices\":[{\"message\":{\"tool_calls\":["
			      "{\"function\":{\"name\":\"f\",\"arguments\":"
			      "{\"a\":1.0}}},{\"id\":\"g:0\",\"function\":"
			      "{\"name\":\"g\"}}]},\"finish_reason\":"
			      "\"tool_calls\"}]}"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	assert_string_equal(calls_of(*state, ask_chat(s)), "f{\"a\":1.0} g{} ");
	s = code_site(*state,
		      "{\"type\":\"message\",\"content\":[{\"type\":"
		      "\"tool_use\",\"id\":\"f0\",\"name\":\"f\",\"input\":"
		      "{\"a\":1.0}},{\"type\":\"tool_use\",\"name\":\"f\"}],"
		      "\"stop_reason\":\"tool_use\"}");
	assert_string_equal(calls_of(*state, ask_code(s)), "f{\"a\":1.0} f{} ");
	s = code_site(*state, "{\"type\":\"message\",\"content\":[{\"type\":"
			      "\"tool_use\",\"id\":\"f0\",\"input\":{}}],"
			      "\"stop_reason\":\"tool_use\"}");
	assert_contains(ask_code(s), "Status: 502 ");
}

static void a_block_without_a_name_is_an_error(void **state)
{
	struct site *s = code_site(
		*state, START BEGINS(I("0"), USE(ID("f0") ",\"name\":null"))
				BRINGS(I("0"), "{}") STOPS(I("0")) STOP);

	assert_contains(ask_code(s), "Status: 502 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(calls_come_in_many_forms),
		TEST(a_missing_id_is_made),
		TEST(a_call_without_a_name_is_an_error),
		TEST(blocks_come_in_many_forms),
		TEST(a_whole_reply_has_whole_calls),
		TEST(a_block_without_a_name_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
