/* SPDX-License-Identifier: MIT */
/* The body of a chat completion: what each model takes, and no more. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "chat/call_id.h"
#include "tests/unit/support/media.h"
#include "upstream/api/chat_request.h"
#include "upstream/api/known_models.h"
#include "upstream/model.h"
#include "upstream/services.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
#define STREAMED ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"
#define TOOL(name)                                                             \
	"{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"
#define SENT_TOOL(name)                                                        \
	"{\"type\":\"function\",\"function\":{\"name\":\"" name "\","          \
	"\"parameters\":{\"type\":\"object\",\"properties\":{}}}}"
#define TOOLS "\"tools\":[" TOOL("f") "," TOOL("g") "]"
#define SENT_TOOLS "\"tools\":[" SENT_TOOL("f") "," SENT_TOOL("g") "]"

static bool write_body(struct arena *a, const char *model, const char *rest,
		       const char **body, struct error *e)
{
	struct chat_request r = decode(
		a, arena_printf(a, "{\"model\":\"%s\",%s}", model, rest));
	struct rope *out = rope_new(a, 1 << 20);
	struct model m = known_models_assume(model, &upstream_platform);

	media_attach(a, &r);
	*body = "";
	if (!chat_request_write(out, a, &m, &r, e))
		return false;
	*body = rope_text(a, out);
	return true;
}

static const char *body_of(struct arena *a, const char *model, const char *rest)
{
	struct error e = { 0 };
	const char *body;

	if (!write_body(a, model, rest, &body, &e))
		fail_msg("%s", e.message);
	parse(a, body);
	return body;
}

/* The members after messages, stream and stream_options. */
static void adds(struct arena *a, const char *model, const char *members,
		 const char *expected)
{
	const char *body =
		body_of(a, model,
			arena_printf(a, HELLO "%s%s",
				     *members == '\0' ? "" : ",", members));

	assert_string_equal(
		body,
		arena_printf(a, "{\"model\":\"%s\"," HELLO STREAMED "%s%s}",
			     model, *expected == '\0' ? "" : ",", expected));
}

/* The array of messages that is sent. */
static const char *messages_of(struct arena *a, const char *model,
			       const char *messages)
{
	const char *body = body_of(
		a, model, arena_printf(a, "\"messages\":[%s]", messages));

	return json_print(a, json_at(parse(a, body), "messages"));
}

#define SAMPLING                                                               \
	"\"temperature\":1.5,\"top_p\":0.5,\"presence_penalty\":1,"            \
	"\"frequency_penalty\":-1"

static void sampling_is_dropped_where_it_is_fixed_else_clamped(void **state)
{
	static const char *const fixed[] = { "kimi-k3", "kimi-k3.1-pro",
					     "kimi-k2.7-code", "kimi-k2.6",
					     "kimi-k9-unknown" };

	for (size_t i = 0; i < COUNT(fixed); i++)
		adds(*state, fixed[i], SAMPLING, "");
	adds(*state, "moonshot-v1-8k", SAMPLING,
	     "\"temperature\":1,\"top_p\":0.5,\"presence_penalty\":1,"
	     "\"frequency_penalty\":-1");
	adds(*state, "moonshot-v1-8k", "\"temperature\":0.3",
	     "\"temperature\":0.3");
}

static void the_least_request_is_small(void **state)
{
	adds(*state, "kimi-k3", "", "");
	adds(*state, "kimi-k3",
	     "\"n\":1,\"seed\":3,\"logit_bias\":{},\"metadata\":{}", "");
}

static void efforts_are_mapped_where_the_model_takes_them(void **state)
{
	static const char *const words[][2] = {
		{ "none", "low" },    { "minimal", "low" }, { "low", "low" },
		{ "medium", "high" }, { "high", "high" },   { "xhigh", "max" },
		{ "max", "max" },
	};

	for (size_t i = 0; i < COUNT(words); i++)
		adds(*state, "kimi-k3",
		     arena_printf(*state, "\"reasoning_effort\":\"%s\"",
				  words[i][0]),
		     arena_printf(*state, "\"reasoning_effort\":\"%s\"",
				  words[i][1]));
	adds(*state, "kimi-k2.7-code", "\"reasoning_effort\":\"low\"", "");
	adds(*state, "moonshot-v1-8k", "\"reasoning_effort\":\"low\"", "");
}

#define OFF "\"thinking\":{\"type\":\"disabled\"}"
#define ON "\"thinking\":{\"type\":\"enabled\"}"
#define KEEP "\"thinking\":{\"type\":\"enabled\",\"keep\":\"all\"}"

static void thinking_is_switched_where_it_can_be(void **state)
{
	adds(*state, "kimi-k2.6", OFF, OFF);
	adds(*state, "kimi-k2.6", ON, ON);
	adds(*state, "kimi-k2.6", KEEP, KEEP);
	adds(*state, "kimi-k2.6", "\"reasoning_effort\":\"none\"", OFF);
	adds(*state, "kimi-k2.6", "\"reasoning_effort\":\"high\"", ON);
	adds(*state, "kimi-k2.6", ON ",\"reasoning_effort\":\"none\"", ON);
	adds(*state, "kimi-k2.6", OFF ",\"reasoning_effort\":\"max\"", OFF);
	adds(*state, "kimi-k2.7-code", OFF, "");
	adds(*state, "moonshot-v1-8k", OFF, "");
	/* It has no switch, but efforts. */
	adds(*state, "kimi-k3", OFF, "\"reasoning_effort\":\"low\"");
	adds(*state, "kimi-k3", OFF ",\"reasoning_effort\":\"max\"",
	     "\"reasoning_effort\":\"low\"");
	adds(*state, "kimi-k3", ON, "");
}

/* Kimi answers 400 to both at once. */
static void thinking_and_effort_are_never_both_sent(void **state)
{
	static const char *const names[] = { "kimi-k3", "kimi-k2.6",
					     "kimi-k2.7-code", "moonshot-v1-8k",
					     "kimi-k3.1-pro" };

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *body = body_of(*state, names[i],
					   HELLO "," KEEP
						 ",\"reasoning_effort\":"
						 "\"high\"");

		assert_true(strstr(body, "\"thinking\"") == NULL ||
			    strstr(body, "\"reasoning_effort\"") == NULL);
	}
}

#define REQUIRED "\"tool_choice\":\"required\""
#define NAMED "\"tool_choice\":" TOOL("g")

static void tool_choices_follow_the_model(void **state)
{
	static const struct {
		const char *model, *choice, *expected;
	} rows[] = {
		{ "kimi-k3", "\"tool_choice\":\"auto\"", SENT_TOOLS },
		{ "kimi-k3", "\"tool_choice\":\"none\"", "" },
		{ "kimi-k3", REQUIRED, SENT_TOOLS "," REQUIRED },
		{ "kimi-k3", NAMED,
		  "\"tools\":[" SENT_TOOL("g") "]," REQUIRED },
		{ "kimi-k2.6", REQUIRED, SENT_TOOLS "," REQUIRED "," OFF },
		{ "kimi-k2.6", NAMED,
		  "\"tools\":[" SENT_TOOL("g") "]," REQUIRED "," OFF },
		{ "kimi-k2.7-code", REQUIRED, SENT_TOOLS },
		{ "kimi-k2.7-code", NAMED, "\"tools\":[" SENT_TOOL("g") "]" },
		{ "moonshot-v1-8k", REQUIRED, SENT_TOOLS "," REQUIRED },
		{ "kimi-k3", "\"parallel_tool_calls\":false", SENT_TOOLS },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		adds(*state, rows[i].model,
		     arena_printf(*state, TOOLS ",%s", rows[i].choice),
		     rows[i].expected);
}

static void a_tool_is_sent_completely(void **state)
{
	static const char tool[] =
		"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
		"\"description\":\"d \\\"q\\\"\",\"parameters\":{\"type\":"
		"\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}},"
		"\"strict\":true}}]";

	adds(*state, "kimi-k3", tool, tool);
}

static void formats_stops_and_limits_are_sent(void **state)
{
	adds(*state, "kimi-k3",
	     "\"response_format\":{\"type\":\"json_object\"}",
	     "\"response_format\":{\"type\":\"json_object\"}");
	adds(*state, "kimi-k3",
	     "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
	     "{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}",
	     "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
	     "{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}");
	adds(*state, "kimi-k3", "\"response_format\":{\"type\":\"text\"}", "");
	adds(*state, "kimi-k3",
	     "\"max_tokens\":100,\"stop\":\"END\",\"prompt_cache_key\":\"k\","
	     "\"user\":\"u\"",
	     "\"max_completion_tokens\":100,\"stop\":[\"END\"],"
	     "\"prompt_cache_key\":\"k\",\"safety_identifier\":\"u\"");
	adds(*state, "moonshot-v1-8k", "\"max_tokens\":900000",
	     "\"max_completion_tokens\":900000");
}

static int64_t limit_sent(struct arena *a, const char *limit, size_t prompt)
{
	char *text = arena_alloc(a, prompt + 1);
	const char *body;

	memset(text, 'x', prompt);
	body = body_of(a, "kimi-k2.6",
		       arena_printf(a,
				    "\"max_tokens\":%s,\"messages\":[{"
				    "\"role\":\"user\",\"content\":\"%s\"}]",
				    limit, text));
	return json_int(parse(a, body), "max_completion_tokens", 0);
}

/* Kimi answers 400 when prompt and limit together pass the context. */
static void a_limit_leaves_room_for_the_prompt(void **state)
{
	assert_in_range(limit_sent(*state, "900000", 2), 262000, 262143);
	assert_in_range(limit_sent(*state, "262144", 2), 262000, 262143);
	assert_in_range(limit_sent(*state, "900000", 100000), 200000, 212144);
	assert_int_equal(limit_sent(*state, "200000", 100000), 200000);
	/* If the prompt may fill the context by itself, Kimi decides. */
	assert_int_equal(limit_sent(*state, "900000", 900000), 32000);
	assert_int_equal(limit_sent(*state, "100", 900000), 100);
}

#define USER "{\"role\":\"user\",\"content\":\"x\"}"

static void reasoning_is_put_back(void **state)
{
	assert_string_equal(
		messages_of(*state, "kimi-k3",
			    USER ",{\"role\":\"assistant\",\"content\":\"a\","
				 "\"reasoning_content\":\"because\"},{\"role\":"
				 "\"assistant\",\"content\":\"b\"}"),
		"[" USER ",{\"role\":\"assistant\",\"content\":\"a\","
		"\"reasoning_content\":\"because\"},{\"role\":\"assistant\","
		"\"content\":\"b\"}]");
}

#define CALL(id)                                                               \
	"\"tool_calls\":[{\"id\":\"" id "\",\"type\":\"function\","            \
	"\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]"

/* Kimi refuses a call without reasoning; one blank is enough. */
static void a_call_without_reasoning_gets_a_blank(void **state)
{
	assert_string_equal(
		messages_of(
			*state, "kimi-k2.6",
			USER ",{\"role\":\"assistant\",\"content\":null," CALL(
				"i") "},{\"role\":\"tool\",\"tool_call_id\":"
				     "\"i\",\"content\":\"r\"}"),
		"[" USER
		",{\"role\":\"assistant\",\"reasoning_content\":\" \"," CALL(
			"i") "},{\"role\":\"tool\",\"content\":\"r\","
			     "\"tool_call_id\":\"i\"}]");
}

/* A conversation can be continued after a turn that broke off in a call. */
static void a_call_without_a_result_gets_one(void **state)
{
	assert_string_equal(
		messages_of(*state, "kimi-k2.6",
			    USER
			    ",{\"role\":\"assistant\"," CALL("i") "}," USER),
		"[" USER
		",{\"role\":\"assistant\",\"reasoning_content\":\" \"," CALL(
			"i") "},{\"role\":\"tool\",\"tool_call_id\":\"i\","
			     "\"content\":\"(no result)\"}," USER "]");
}

static void kimi_gets_its_own_call_ids_back(void **state)
{
	const char *id = call_id_wrap(*state, "functions.f:0");
	const char *sent = messages_of(
		*state, "kimi-k3",
		arena_printf(*state,
			     USER ",{\"role\":\"assistant\",\"tool_calls\":[{"
				  "\"id\":\"%s\",\"function\":{\"name\":\"f\","
				  "\"arguments\":\"{}\"}}]},{\"role\":\"tool\","
				  "\"tool_call_id\":\"%s\",\"content\":\"\"}",
			     id, id));

	assert_contains(sent, "\"id\":\"functions.f:0\"");
	assert_contains(sent, "\"tool_call_id\":\"functions.f:0\"");
	assert_contains(sent, "{\"role\":\"tool\",\"content\":\"\"");
	assert_lacks(sent, id);
}

#define PNG "data:image/png;base64,iVBORw0KGgo="

static void parts_stay_parts_only_with_media(void **state)
{
	assert_string_equal(
		messages_of(*state, "kimi-k3",
			    "{\"role\":\"user\",\"name\":\"Ann\",\"content\":["
			    "{\"type\":\"text\",\"text\":\"a\"},"
			    "{\"type\":\"text\",\"text\":\"b\"}]}"),
		"[{\"role\":\"user\",\"name\":\"Ann\",\"content\":\"ab\"}]");
	assert_string_equal(
		messages_of(*state, "kimi-k3",
			    "{\"role\":\"user\",\"content\":["
			    "{\"type\":\"text\",\"text\":\"a\"},"
			    "{\"type\":\"image_url\",\"image_url\":\"" PNG
			    "\"},"
			    "{\"type\":\"video_url\",\"video_url\":{\"url\":"
			    "\"ms://1\"}}]}"),
		"[{\"role\":\"user\",\"content\":["
		"{\"type\":\"text\",\"text\":\"a\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"" PNG "\"}},"
		"{\"type\":\"video_url\",\"video_url\":{\"url\":\"ms://1\"}}"
		"]}]");
}

static void urls_that_kimi_would_not_fetch_are_refused(void **state)
{
	const char *body;
	struct error e = { .kind = ERROR_KINDS };

	assert_false(write_body(
		*state, "kimi-k3",
		"\"messages\":[" USER ",{\"role\":\"user\",\"content\":["
		"{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\","
		"\"image_url\":{\"url\":\"https://x.example/a.png\"}}]}]",
		&body, &e));
	assert_error(&e, ERROR_VALUE, "messages[1].content[1].image_url");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sampling_is_dropped_where_it_is_fixed_else_clamped),
		TEST(the_least_request_is_small),
		TEST(efforts_are_mapped_where_the_model_takes_them),
		TEST(thinking_is_switched_where_it_can_be),
		TEST(thinking_and_effort_are_never_both_sent),
		TEST(tool_choices_follow_the_model),
		TEST(a_tool_is_sent_completely),
		TEST(formats_stops_and_limits_are_sent),
		TEST(a_limit_leaves_room_for_the_prompt),
		TEST(reasoning_is_put_back),
		TEST(a_call_without_reasoning_gets_a_blank),
		TEST(a_call_without_a_result_gets_one),
		TEST(kimi_gets_its_own_call_ids_back),
		TEST(parts_stay_parts_only_with_media),
		TEST(urls_that_kimi_would_not_fetch_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
