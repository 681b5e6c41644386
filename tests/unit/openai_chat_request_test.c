/* SPDX-License-Identifier: MIT */
/* Every field of a chat completions request: mapped, ignored or refused. */
#include "tests/unit/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dialect/dialect.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
#define TOOL "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}"

/* A request with these members beside model and messages. */
static struct chat_request with(struct arena *a, const char *members)
{
	return decode(a, arena_printf(a, "{\"model\":\"m\"," HELLO "%s%s}",
				      *members == '\0' ? "" : ",", members));
}

static void refused(struct arena *a, const char *body, enum error_kind kind,
		    const char *param)
{
	struct chat_request request;
	struct error e = { .kind = ERROR_KINDS };

	if (dialect_openai_chat.decode(a, parse(a, body), &request, &e))
		fail_msg("accepted: %s", body);
	if (e.kind != kind || strcmp(e.param, param) != 0)
		fail_msg("%s %s, not %s %s: %s", error_name(e.kind), e.param,
			 error_name(kind), param, body);
	assert_true(e.message[0] != '\0');
}

static void a_minimal_request_sets_nothing(void **state)
{
	struct chat_request r = with(*state, "");

	assert_string_equal(r.model, "m");
	assert_int_equal(r.n_messages, 1);
	assert_false(r.stream || r.include_usage || r.one_call);
	assert_true(isnan(r.temperature) && isnan(r.top_p) &&
		    isnan(r.presence_penalty) && isnan(r.frequency_penalty));
	assert_int_equal(r.max_tokens, 0);
	assert_int_equal(r.n_tools + r.n_stop, 0);
	assert_int_equal(r.tool_choice, CHAT_TOOLS_AUTO);
	assert_int_equal(r.thinking, CHAT_THINKING_DEFAULT);
	assert_int_equal(r.format, CHAT_FORMAT_TEXT);
	assert_null(r.conversation);
	assert_null(r.effort);
	assert_null(r.user);
}

static void n_asks_for_up_to_eight_choices(void **state)
{
	static const struct {
		const char *member;
		size_t n;
	} rows[] = {
		{ "", 1 },
		{ "\"n\":null", 1 },
		{ "\"n\":1.0", 1 },
		{ "\"n\":2", 2 },
		{ "\"n\":8", 8 },
		{ "\"n\":8e0", 8 },
		{ "\"n\":2,\"store\":false", 2 },
		{ "\"n\":1,\"store\":true", 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r = with(*state, rows[i].member);

		assert_int_equal(chat_choices(&r), rows[i].n);
	}
}

static void null_is_absent_everywhere(void **state)
{
	struct chat_request r = with(
		*state,
		"\"stream\":null,\"stream_options\":null,\"max_tokens\":null,"
		"\"max_completion_tokens\":null,\"temperature\":null,"
		"\"top_p\":null,\"presence_penalty\":null,"
		"\"frequency_penalty\":null,\"n\":null,\"stop\":null,"
		"\"tools\":null,\"tool_choice\":null,"
		"\"parallel_tool_calls\":null,\"functions\":null,"
		"\"function_call\":null,\"response_format\":null,"
		"\"reasoning_effort\":null,\"thinking\":null,"
		"\"modalities\":null,\"metadata\":null,\"user\":null,"
		"\"safety_identifier\":null,\"prompt_cache_key\":null,"
		"\"seed\":null,\"logprobs\":null,\"store\":null");

	assert_false(r.stream);
	assert_true(isnan(r.temperature));
	assert_int_equal(r.max_tokens, 0);
}

static void unknown_and_ignored_fields_are_accepted(void **state)
{
	with(*state,
	     "\"seed\":1,\"logprobs\":true,\"top_logprobs\":3,"
	     "\"logit_bias\":{\"1\":2},\"verbosity\":\"low\",\"audio\":{},"
	     "\"prediction\":{\"type\":\"content\",\"content\":\"x\"},"
	     "\"web_search_options\":{},\"store\":false,"
	     "\"service_tier\":\"auto\",\"moderation\":{},"
	     "\"client_metadata\":[1],\"reasoning\":{\"effort\":\"x\"},"
	     "\"modalities\":[\"text\"]");
}

static void plain_fields_are_mapped(void **state)
{
	struct chat_request r = with(
		*state,
		"\"stream\":true,\"stream_options\":{\"include_usage\":true,"
		"\"include_obfuscation\":false},\"temperature\":0.5,"
		"\"top_p\":0.25,\"presence_penalty\":-2,"
		"\"frequency_penalty\":2,\"n\":1,\"prompt_cache_key\":\"k\","
		"\"user\":\"u\",\"thinking\":{\"type\":\"enabled\","
		"\"keep\":\"all\"},\"reasoning_effort\":\"high\"");

	assert_true(r.stream && r.include_usage);
	assert_true(r.temperature == 0.5 && r.top_p == 0.25);
	assert_true(r.presence_penalty == -2 && r.frequency_penalty == 2);
	assert_string_equal(r.cache_key, "k");
	assert_string_equal(r.user, "u");
	assert_int_equal(r.thinking, CHAT_THINKING_ON);
	assert_string_equal(r.thinking_keep, "all");
	assert_string_equal(r.effort, "high");
}

/* Under every name that clients have for it; a tool is no tool then. */
static void every_form_of_asking_for_a_search_is_understood(void **state)
{
	static const struct {
		const char *members;
		enum chat_search search;
		size_t n_tools;
	} rows[] = {
		{ "\"web_search_options\":{}", CHAT_SEARCH_ON, 0 },
		{ "\"web_search_options\":null", CHAT_SEARCH_DEFAULT, 0 },
		{ "\"use_search\":true", CHAT_SEARCH_ON, 0 },
		{ "\"use_search\":false", CHAT_SEARCH_OFF, 0 },
		{ "\"web_search_options\":{},\"use_search\":false",
		  CHAT_SEARCH_OFF, 0 },
		{ "\"tools\":[{\"type\":\"web_search\"}]", CHAT_SEARCH_ON, 0 },
		{ "\"tools\":[{\"type\":\"web_search_preview\"}]",
		  CHAT_SEARCH_ON, 0 },
		{ "\"tools\":[{\"type\":\"web_search\","
		  "\"external_web_access\":true}]",
		  CHAT_SEARCH_ON, 0 },
		{ "\"tools\":[{\"type\":\"web_search\","
		  "\"external_web_access\":false}]",
		  CHAT_SEARCH_OFF, 0 },
		{ "\"tools\":[{\"type\":\"builtin_function\",\"function\":{"
		  "\"name\":\"$web_search\"}}," TOOL "]",
		  CHAT_SEARCH_ON, 1 },
		{ "\"tools\":[{\"type\":\"web_search\"}," TOOL
		  "],\"tool_choice\":\"auto\"",
		  CHAT_SEARCH_ON, 1 },
		{ "\"tools\":[{\"type\":\"web_search\"}," TOOL
		  "],\"tool_choice\":\"none\"",
		  CHAT_SEARCH_DEFAULT, 1 },
		{ "\"tools\":[" TOOL "],\"tool_choice\":\"none\","
		  "\"web_search_options\":{}",
		  CHAT_SEARCH_ON, 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r = with(*state, rows[i].members);

		assert_int_equal(r.search, rows[i].search);
		assert_int_equal(r.n_tools, rows[i].n_tools);
	}
}

static void the_newer_of_two_names_wins(void **state)
{
	struct chat_request r =
		with(*state, "\"max_completion_tokens\":7,\"max_tokens\":32000,"
			     "\"safety_identifier\":\"s\",\"user\":\"u\"");

	assert_int_equal(r.max_tokens, 7);
	assert_string_equal(r.user, "s");
	assert_int_equal(with(*state, "\"max_tokens\":9").max_tokens, 9);
}

static void stop_is_one_or_several(void **state)
{
	struct chat_request r = with(*state, "\"stop\":\"a\"");

	assert_int_equal(r.n_stop, 1);
	assert_string_equal(r.stop[0], "a");
	r = with(*state, "\"stop\":[\"a\",\"b\",\"c\",\"d\"]");
	assert_int_equal(r.n_stop, 4);
	assert_string_equal(r.stop[3], "d");
	assert_int_equal(with(*state, "\"stop\":[]").n_stop, 0);
}

static void tools_are_mapped(void **state)
{
	struct chat_request r =
		with(*state,
		     "\"tools\":[" TOOL ",{\"type\":\"function\",\"function\":{"
		     "\"name\":\"g\",\"description\":\"d\",\"strict\":false,"
		     "\"parameters\":{\"type\":\"object\"}}}],"
		     "\"parallel_tool_calls\":false");

	assert_int_equal(r.n_tools, 2);
	assert_string_equal(r.tools[0].name, "f");
	assert_string_equal(r.tools[0].parameters,
			    "{\"type\":\"object\",\"properties\":{}}");
	assert_null(r.tools[0].description);
	assert_false(r.tools[0].has_strict);
	assert_string_equal(r.tools[1].description, "d");
	assert_string_equal(r.tools[1].parameters, "{\"type\":\"object\"}");
	assert_true(r.tools[1].has_strict && !r.tools[1].strict);
	assert_true(r.one_call);
}

static void tool_choices_are_mapped(void **state)
{
	static const struct {
		const char *json;
		enum chat_tool_choice choice;
	} rows[] = {
		{ "\"auto\"", CHAT_TOOLS_AUTO },
		{ "\"none\"", CHAT_TOOLS_NONE },
		{ "\"required\"", CHAT_TOOLS_REQUIRED },
		{ TOOL, CHAT_TOOLS_NAMED },
		{ "{\"type\":\"allowed_tools\",\"allowed_tools\":"
		  "{\"mode\":\"required\",\"tools\":[" TOOL "]}}",
		  CHAT_TOOLS_REQUIRED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r =
			with(*state, arena_printf(*state,
						  "\"tools\":[" TOOL
						  "],\"tool_choice\":%s",
						  rows[i].json));

		assert_int_equal(r.tool_choice, rows[i].choice);
		if (r.tool_choice == CHAT_TOOLS_NAMED)
			assert_string_equal(r.tool_name, "f");
	}
}

#define ALLOWED(list)                                                          \
	"\"tools\":[" TOOL ",{\"type\":\"function\",\"function\":{\"name\":"   \
	"\"g\"}},{\"type\":\"web_search\"}],\"tool_choice\":{\"type\":"        \
	"\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\","          \
	"\"tools\":[" list "]}}"

static void the_model_gets_only_allowed_tools(void **state)
{
	struct chat_request r = with(*state, ALLOWED(TOOL ",{\"x\":1}"));

	assert_int_equal(r.tool_choice, CHAT_TOOLS_REQUIRED);
	assert_int_equal(r.n_tools, 1);
	assert_string_equal(r.tools[0].name, "f");
	assert_int_equal(r.search, CHAT_SEARCH_DEFAULT);
	r = with(*state, ALLOWED("{\"type\":\"web_search\"}," TOOL));
	assert_int_equal(r.n_tools, 1);
	assert_int_equal(r.search, CHAT_SEARCH_ON);
}

static void formats_are_mapped(void **state)
{
	struct chat_request r;

	r = with(*state, "\"response_format\":{\"type\":\"text\"}");
	assert_int_equal(r.format, CHAT_FORMAT_TEXT);
	r = with(*state, "\"response_format\":{\"type\":\"json_object\"}");
	assert_int_equal(r.format, CHAT_FORMAT_JSON);
	r = with(*state, "\"response_format\":{\"type\":\"json_schema\","
			 "\"json_schema\":{\"name\":\"n\",\"schema\":{}}}");
	assert_int_equal(r.format, CHAT_FORMAT_SCHEMA);
	assert_string_equal(r.schema, "{\"name\":\"n\",\"schema\":{}}");
}

static const struct {
	const char *member;
	enum error_kind kind;
	const char *param;
} bad_values[] = {
	{ "\"stream\":\"yes\"", ERROR_TYPE, "stream" },
	{ "\"stream\":1", ERROR_TYPE, "stream" },
	{ "\"stream_options\":true", ERROR_TYPE, "stream_options" },
	{ "\"stream_options\":{\"include_usage\":1}", ERROR_TYPE,
	  "stream_options.include_usage" },
	{ "\"max_tokens\":0", ERROR_VALUE, "max_tokens" },
	{ "\"max_tokens\":-5", ERROR_VALUE, "max_tokens" },
	{ "\"max_tokens\":1.5", ERROR_TYPE, "max_tokens" },
	{ "\"max_tokens\":\"7\"", ERROR_TYPE, "max_tokens" },
	{ "\"max_completion_tokens\":1e12", ERROR_VALUE,
	  "max_completion_tokens" },
	{ "\"temperature\":2.1", ERROR_VALUE, "temperature" },
	{ "\"temperature\":-0.1", ERROR_VALUE, "temperature" },
	{ "\"temperature\":\"1\"", ERROR_TYPE, "temperature" },
	{ "\"temperature\":1e999", ERROR_VALUE, "temperature" },
	{ "\"top_p\":1.1", ERROR_VALUE, "top_p" },
	{ "\"presence_penalty\":3", ERROR_VALUE, "presence_penalty" },
	{ "\"frequency_penalty\":-3", ERROR_VALUE, "frequency_penalty" },
	{ "\"n\":9", ERROR_VALUE, "n" },
	{ "\"n\":0", ERROR_VALUE, "n" },
	{ "\"n\":-1", ERROR_VALUE, "n" },
	{ "\"n\":1e99", ERROR_VALUE, "n" },
	{ "\"n\":1.5", ERROR_TYPE, "n" },
	{ "\"n\":\"2\"", ERROR_TYPE, "n" },
	{ "\"n\":true", ERROR_TYPE, "n" },
	{ "\"n\":[2]", ERROR_TYPE, "n" },
	{ "\"n\":2,\"store\":true", ERROR_UNSUPPORTED, "n" },
	{ "\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", ERROR_VALUE, "stop" },
	{ "\"stop\":[1]", ERROR_TYPE, "stop" },
	{ "\"stop\":1", ERROR_TYPE, "stop" },
	{ "\"tools\":{}", ERROR_TYPE, "tools" },
	{ "\"tools\":[1]", ERROR_TYPE, "tools[0]" },
	{ "\"tools\":[" TOOL ",{\"type\":\"custom\",\"custom\":"
	  "{\"name\":\"x\"}}]",
	  ERROR_UNSUPPORTED, "tools[1].type" },
	{ "\"tools\":[{\"type\":\"function\"}]", ERROR_MISSING,
	  "tools[0].function.name" },
	{ "\"tool_choice\":\"required\"", ERROR_VALUE, "tool_choice" },
	{ "\"tool_choice\":\"maybe\"", ERROR_VALUE, "tool_choice" },
	{ "\"tool_choice\":7", ERROR_TYPE, "tool_choice" },
	{ "\"tool_choice\":{}", ERROR_VALUE, "tool_choice" },
	{ ALLOWED(""), ERROR_VALUE, "tool_choice" },
	{ "\"tool_choice\":{\"allowed_tools\":{\"mode\":\"auto\"}}", ERROR_TYPE,
	  "tool_choice.allowed_tools.tools" },
	{ "\"tools\":[" TOOL "],\"tool_choice\":{\"type\":"
	  "\"function\",\"function\":{\"name\":\"g\"}}",
	  ERROR_VALUE, "tool_choice" },
	{ "\"parallel_tool_calls\":0", ERROR_TYPE, "parallel_tool_calls" },
	{ "\"functions\":[]", ERROR_UNSUPPORTED, "functions" },
	{ "\"function_call\":\"auto\"", ERROR_UNSUPPORTED, "function_call" },
	{ "\"response_format\":\"json\"", ERROR_TYPE, "response_format" },
	{ "\"response_format\":{\"type\":\"xml\"}", ERROR_VALUE,
	  "response_format.type" },
	{ "\"response_format\":{}", ERROR_VALUE, "response_format.type" },
	{ "\"response_format\":{\"type\":\"json_schema\"}", ERROR_MISSING,
	  "response_format.json_schema" },
	{ "\"reasoning_effort\":\"huge\"", ERROR_VALUE, "reasoning_effort" },
	{ "\"reasoning_effort\":1", ERROR_TYPE, "reasoning_effort" },
	{ "\"thinking\":true", ERROR_TYPE, "thinking" },
	{ "\"thinking\":{\"type\":\"maybe\"}", ERROR_VALUE, "thinking.type" },
	{ "\"modalities\":[\"text\",\"audio\"]", ERROR_UNSUPPORTED,
	  "modalities" },
	{ "\"modalities\":\"text\"", ERROR_TYPE, "modalities" },
	{ "\"metadata\":[]", ERROR_TYPE, "metadata" },
	{ "\"metadata\":{\"a\":1}", ERROR_VALUE, "metadata" },
	{ "\"user\":1", ERROR_TYPE, "user" },
	{ "\"safety_identifier\":{}", ERROR_TYPE, "safety_identifier" },
	{ "\"prompt_cache_key\":1", ERROR_TYPE, "prompt_cache_key" },
};

static void bad_values_name_their_field(void **state)
{
	for (size_t i = 0; i < COUNT(bad_values); i++)
		refused(*state,
			arena_printf(*state, "{\"model\":\"m\"," HELLO ",%s}",
				     bad_values[i].member),
			bad_values[i].kind, bad_values[i].param);
}

static void missing_required_fields_are_reported(void **state)
{
	refused(*state, "{" HELLO "}", ERROR_MISSING, "model");
	refused(*state, "{\"model\":null," HELLO "}", ERROR_MISSING, "model");
	refused(*state, "{\"model\":\"\"," HELLO "}", ERROR_MISSING, "model");
	refused(*state, "{\"model\":7," HELLO "}", ERROR_TYPE, "model");
	refused(*state, "{\"model\":\"m\"}", ERROR_MISSING, "messages");
	refused(*state, "{\"model\":\"m\",\"messages\":[]}", ERROR_MISSING,
		"messages");
	refused(*state, "{\"model\":\"m\",\"messages\":{}}", ERROR_TYPE,
		"messages");
	refused(*state, "[]", ERROR_BAD_REQUEST, "");
	refused(*state, "\"text\"", ERROR_BAD_REQUEST, "");
	refused(*state, "null", ERROR_BAD_REQUEST, "");
}

/* `n` members or elements, each made of the format with its number. */
static const char *many(struct arena *a, int n, const char *format)
{
	const char *list = "";
	char piece[700];

	for (int i = 0; i < n; i++) {
		const char *at = strchr(format, '#');

		snprintf(piece, sizeof(piece), "%.*s%d%s", (int)(at - format),
			 format, i, at + 1);
		list = arena_printf(a, "%s%s%s", list, i == 0 ? "" : ",",
				    piece);
	}
	return list;
}

static void metadata_is_limited(void **state)
{
	char value[514] = { 0 };

	memset(value, 'x', 512);
	with(*state, arena_printf(*state, "\"metadata\":{%s}",
				  many(*state, 16, "\"k#\":\"v\"")));
	with(*state,
	     arena_printf(*state, "\"metadata\":{\"k\":\"%s\"}", value));
	refused(*state,
		arena_printf(*state,
			     "{\"model\":\"m\"," HELLO ",\"metadata\":{%s}}",
			     many(*state, 17, "\"k#\":\"v\"")),
		ERROR_VALUE, "metadata");
	value[512] = 'x';
	refused(*state,
		arena_printf(*state,
			     "{\"model\":\"m\"," HELLO
			     ",\"metadata\":{\"k\":\"%s\"}}",
			     value),
		ERROR_VALUE, "metadata");
	value[65] = '\0';
	refused(*state,
		arena_printf(*state,
			     "{\"model\":\"m\"," HELLO
			     ",\"metadata\":{\"%s\":\"v\"}}",
			     value),
		ERROR_VALUE, "metadata");
}

/* As many characters, whatever they take: three bytes each here. */
static const char *long_pair(struct arena *a, int key, int value)
{
	char *text = arena_alloc(a, 3 * (size_t)(key + value) + 128), *p = text;

	p = stpcpy(p, "{\"model\":\"m\"," HELLO ",\"metadata\":{\"");
	while (key-- > 0)
		p = stpcpy(p, "字");
	p = stpcpy(p, "\":\"");
	while (value-- > 0)
		p = stpcpy(p, "字");
	stpcpy(p, "\"}}");
	return text;
}

static void metadata_is_counted_in_characters(void **state)
{
	decode(*state, long_pair(*state, 64, 512));
	refused(*state, long_pair(*state, 65, 1), ERROR_VALUE, "metadata");
	refused(*state, long_pair(*state, 1, 513), ERROR_VALUE, "metadata");
}

/* What Kimi cannot take is rewritten for it. */
static void any_json_is_a_schema(void **state)
{
	assert_string_equal(with(*state, "\"tools\":[{\"type\":\"function\","
					 "\"function\":{\"name\":\"f\","
					 "\"parameters\":[]}}]")
				    .tools[0]
				    .parameters,
			    "[]");
}

/* How many Kimi takes depends on the service. */
static void any_number_of_tools_is_read(void **state)
{
	static const char tool[] =
		"{\"type\":\"function\",\"function\":{\"name\":\"f#\"}}";

	assert_int_equal(with(*state, arena_printf(*state, "\"tools\":[%s]",
						   many(*state, 300, tool)))
				 .n_tools,
			 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_minimal_request_sets_nothing),
		TEST(null_is_absent_everywhere),
		TEST(n_asks_for_up_to_eight_choices),
		TEST(unknown_and_ignored_fields_are_accepted),
		TEST(plain_fields_are_mapped),
		TEST(every_form_of_asking_for_a_search_is_understood),
		TEST(the_newer_of_two_names_wins),
		TEST(stop_is_one_or_several),
		TEST(tools_are_mapped),
		TEST(tool_choices_are_mapped),
		TEST(the_model_gets_only_allowed_tools),
		TEST(formats_are_mapped),
		TEST(bad_values_name_their_field),
		TEST(missing_required_fields_are_reported),
		TEST(metadata_is_limited),
		TEST(metadata_is_counted_in_characters),
		TEST(any_json_is_a_schema),
		TEST(any_number_of_tools_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
