/* SPDX-License-Identifier: MIT */
/* Every field of an Anthropic Messages request but the messages' blocks. */
#include "tests/unit/support/test.h"

#include <math.h>
#include <string.h>

#include "dialect/anthropic/messages_request.h"
#include "dialect/dialect.h"

#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
#define TOOL(name) "{\"name\":\"" name "\",\"input_schema\":{}}"

static const char *body_with(struct arena *a, const char *members)
{
	return arena_printf(a,
			    "{\"model\":\"m\",\"max_tokens\":5," HELLO "%s%s}",
			    *members == '\0' ? "" : ",", members);
}

static struct chat_request with(struct arena *a, const char *members)
{
	const char *body = body_with(a, members);
	struct chat_request r;
	struct error e;

	if (!dialect_anthropic_messages.decode(a, parse(a, body), &r, &e))
		fail_msg("%s In: %s", e.message, body);
	return r;
}

static const char *refused_body(struct arena *a, const char *body,
				enum error_kind kind, const char *param)
{
	struct error *e = arena_alloc(a, sizeof(*e));
	struct chat_request r;

	e->kind = ERROR_KINDS;
	if (dialect_anthropic_messages.decode(a, parse(a, body), &r, e))
		fail_msg("accepted: %s", body);
	if (e->kind != kind || strcmp(e->param, param) != 0)
		fail_msg("%s %s, not %s %s: %s", error_name(e->kind), e->param,
			 error_name(kind), param, body);
	return e->message;
}

static const char *refused(struct arena *a, const char *members,
			   enum error_kind kind, const char *param)
{
	return refused_body(a, body_with(a, members), kind, param);
}

static void a_minimal_request_sets_nothing(void **state)
{
	struct chat_request r = with(*state, "");

	assert_string_equal(r.model, "m");
	assert_int_equal(r.n_messages, 1);
	assert_int_equal(r.max_tokens, 5);
	assert_false(r.stream || r.one_call || r.include_usage);
	assert_true(isnan(r.temperature) && isnan(r.top_p));
	assert_int_equal(r.n_tools + r.n_stop, 0);
	assert_int_equal(r.tool_choice, CHAT_TOOLS_AUTO);
	assert_int_equal(r.search, CHAT_SEARCH_DEFAULT);
	assert_int_equal(r.format, CHAT_FORMAT_TEXT);
	assert_int_equal(r.thinking, CHAT_THINKING_OFF);
	assert_int_equal(r.store, CHAT_STORE_DEFAULT);
	assert_null(r.instructions);
	assert_null(r.effort);
	assert_null(r.metadata);
}

/* In Anthropic's words, which people look for. */
static void required_fields_are_named(void **state)
{
	static const struct {
		const char *body, *param, *message;
	} rows[] = {
		{ "{\"max_tokens\":1," HELLO "}", "model",
		  "model: Field required" },
		{ "{\"model\":\"m\"," HELLO "}", "max_tokens",
		  "max_tokens: Field required" },
		{ "{\"model\":\"m\",\"max_tokens\":null," HELLO "}",
		  "max_tokens", "max_tokens: Field required" },
		{ "{\"model\":\"m\",\"max_tokens\":1}", "messages",
		  "messages: Field required" },
		{ "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}",
		  "messages",
		  "messages: at least one message with content is required" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(refused_body(*state, rows[i].body,
						 ERROR_MISSING, rows[i].param),
				    rows[i].message);
	refused_body(*state, "[]", ERROR_BAD_REQUEST, "");
}

static void counting_needs_no_limit(void **state)
{
	const cJSON *body = parse(*state, "{\"model\":\"m\"," HELLO "}");
	struct chat_request r;
	struct error e;

	assert_true(dialect_anthropic_count.decode(*state, body, &r, &e));
	assert_int_equal(r.n_messages, 1);
	assert_false(dialect_anthropic_messages.decode(*state, body, &r, &e));
	body = parse(*state, "{\"model\":\"m\"}");
	assert_false(dialect_anthropic_count.decode(*state, body, &r, &e));
	assert_error(&e, ERROR_MISSING, "messages");
}

static void null_is_absent_and_unknown_is_ignored(void **state)
{
	const char *members = "";
	struct chat_request r;

	for (const struct field *f = anthropic_messages_fields; f->name != NULL;
	     f++)
		if (strcmp(f->name, "model") != 0 &&
		    strcmp(f->name, "max_tokens") != 0 &&
		    strcmp(f->name, "messages") != 0)
			members = arena_printf(*state, "%s\"%s\":null,",
					       members, f->name);
	r = with(*state, arena_printf(*state, "%s\"newer\":[1]", members));
	assert_true(isnan(r.temperature));
	with(*state,
	     "\"top_k\":5,\"service_tier\":\"auto\",\"speed\":\"fast\","
	     "\"cache_control\":{\"type\":\"ephemeral\"},"
	     "\"context_management\":{\"edits\":[]},\"container\":\"c\","
	     "\"mcp_servers\":[],\"inference_geo\":\"eu\","
	     "\"diagnostics\":{},\"betas\":[\"b\"],"
	     "\"user_profile_id\":\"u\",\"workspace_id\":\"w\"");
}

static void plain_fields_are_mapped(void **state)
{
	struct chat_request r = with(*state,
				     "\"stream\":true,\"temperature\":0.5,"
				     "\"top_p\":0.25,\"stop_sequences\":"
				     "[\"a\",\"\",\"b\"],\"output_config\":"
				     "{\"effort\":\"max\"}");

	assert_true(r.stream);
	assert_true(r.temperature == 0.5 && r.top_p == 0.25);
	assert_int_equal(r.n_stop, 2);
	assert_string_equal(r.stop[1], "b");
	assert_string_equal(r.effort, "max");
}

static void wrong_values_are_refused(void **state)
{
	static const struct {
		const char *members;
		enum error_kind kind;
		const char *param;
	} rows[] = {
		{ "\"stream\":1", ERROR_TYPE, "stream" },
		{ "\"temperature\":1.5", ERROR_VALUE, "temperature" },
		{ "\"temperature\":\"x\"", ERROR_TYPE, "temperature" },
		{ "\"top_p\":2", ERROR_VALUE, "top_p" },
		{ "\"stop_sequences\":[1]", ERROR_TYPE, "stop_sequences" },
		{ "\"system\":1", ERROR_TYPE, "system" },
		{ "\"system\":[{}]", ERROR_MISSING, "system.0.type" },
		{ "\"tools\":{}", ERROR_TYPE, "tools" },
		{ "\"tools\":[1]", ERROR_TYPE, "tools.0" },
		{ "\"tools\":[{\"input_schema\":{}}]", ERROR_MISSING,
		  "tools.0.name" },
		{ "\"tool_choice\":\"auto\"", ERROR_TYPE, "tool_choice" },
		{ "\"tool_choice\":{}", ERROR_VALUE, "tool_choice.type" },
		{ "\"tool_choice\":{\"type\":\"tool\"}", ERROR_MISSING,
		  "tool_choice.name" },
		{ "\"tools\":[" TOOL("f") "],\"tool_choice\":{\"type\":"
					  "\"tool\",\"name\":\"g\"}",
		  ERROR_VALUE, "tool_choice.name" },
		{ "\"thinking\":true", ERROR_TYPE, "thinking" },
		{ "\"thinking\":{}", ERROR_MISSING, "thinking.type" },
		{ "\"output_config\":1", ERROR_TYPE, "output_config" },
		{ "\"output_config\":{\"effort\":\"much\"}", ERROR_VALUE,
		  "output_config.effort" },
		{ "\"output_config\":{\"format\":{\"type\":\"json\"}}",
		  ERROR_VALUE, "output_config.format" },
		{ "\"output_config\":{\"format\":{\"type\":\"json_schema\"}}",
		  ERROR_MISSING, "output_config.format" },
		{ "\"metadata\":1", ERROR_TYPE, "metadata" },
		{ "\"thread\":{\"type\":\"create\"}", ERROR_UNSUPPORTED,
		  "thread" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(*refused(*state, rows[i].members, rows[i].kind,
				     rows[i].param) != '\0');
}

static void too_many_stop_sequences_are_an_error_of_that_field(void **state)
{
	const char *message = refused(*state,
				      "\"stop_sequences\":[\"a\",\"b\","
				      "\"c\",\"d\",\"e\"]",
				      ERROR_VALUE, "stop_sequences");

	assert_contains(message, "'stop_sequences' may have at most 4");
}

static void limits_are_whole_numbers_from_zero(void **state)
{
	static const char *const wrong[] = { "-1", "1.5", "\"1\"" };
	struct chat_request r;
	struct error e;

	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(dialect_anthropic_messages.decode(
			*state,
			parse(*state,
			      arena_printf(*state,
					   "{\"model\":\"m\","
					   "\"max_tokens\":%s," HELLO "}",
					   wrong[i])),
			&r, &e));
	assert_false(anthropic_messages_request_is_warm_up(
		parse(*state, body_with(*state, ""))));
	assert_true(anthropic_messages_request_is_warm_up(
		parse(*state, "{\"max_tokens\":0}")));
	assert_false(
		anthropic_messages_request_is_warm_up(parse(*state, "{}")));
}

/* What Claude Code sends, and everybody else. */
static void system_texts_are_instructions(void **state)
{
	static const struct {
		const char *system, *instructions;
	} rows[] = {
		{ "\"Be brief.\"", "Be brief." },
		{ "\"\"", NULL },
		{ "[]", NULL },
		{ "[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{"
		  "\"type\":\"ephemeral\"}},{\"type\":\"text\",\"text\":\"\"},"
		  "{\"type\":\"text\",\"text\":\"b\"}]",
		  "a\n\nb" },
		{ "[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: "
		  "cc_version=2.1; cch=1;\"},{\"type\":\"text\",\"text\":"
		  "\"You are\"}]",
		  "You are" },
		{ "[{\"type\":\"text\",\"text\":"
		  "\"x-anthropic-billing-header: a\"}]",
		  NULL },
		{ "\"x-anthropic-billing-header: a\\nYou are\"", "You are" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r =
			with(*state, arena_printf(*state, "\"system\":%s",
						  rows[i].system));

		assert_int_equal(r.n_messages, 1);
		if (rows[i].instructions == NULL)
			assert_null(r.instructions);
		else
			assert_string_equal(r.instructions,
					    rows[i].instructions);
	}
}

static void tools_are_functions_without_anthropics_extras(void **state)
{
	struct chat_request r =
		with(*state,
		     "\"tools\":[{\"name\":\"f\",\"description\":\"d\","
		     "\"input_schema\":{\"type\":\"object\"},\"strict\":true,"
		     "\"cache_control\":{},\"defer_loading\":true,"
		     "\"eager_input_streaming\":true,\"input_examples\":[{}],"
		     "\"allowed_callers\":[\"direct\"]},"
		     "{\"type\":\"custom\",\"name\":\"g\"},"
		     "{\"type\":null,\"name\":\"h\"}]");

	assert_int_equal(r.n_tools, 3);
	assert_string_equal(r.tools[0].name, "f");
	assert_string_equal(r.tools[0].description, "d");
	assert_string_equal(r.tools[0].parameters, "{\"type\":\"object\"}");
	assert_false(r.tools[0].has_strict);
	assert_contains(r.tools[1].parameters, "\"object\"");
	assert_string_equal(r.tools[2].name, "h");
	assert_int_equal(r.search, CHAT_SEARCH_DEFAULT);
}

static void server_tools_are_ignored_except_the_search(void **state)
{
	struct chat_request r = with(
		*state,
		"\"tools\":[{\"type\":\"bash_20250124\",\"name\":\"bash\"},"
		"{\"type\":\"text_editor_20250728\",\"name\":\"edit\"},"
		"{\"type\":\"computer_20250124\",\"name\":\"computer\"},"
		"{\"type\":\"memory_20250818\",\"name\":\"memory\"},"
		"{\"type\":\"web_fetch_20250910\",\"name\":\"web_fetch\"},"
		"{\"type\":\"tool_search_tool_regex_20251119\",\"name\":\"t\"},"
		"{\"type\":\"code_execution_20250825\",\"name\":\"c\"}," TOOL(
			"f") "]");

	assert_int_equal(r.n_tools, 1);
	assert_int_equal(r.search, CHAT_SEARCH_DEFAULT);
	r = with(*state, "\"tools\":[{\"type\":\"web_search_20250305\","
			 "\"name\":\"web_search\",\"max_uses\":8}],"
			 "\"tool_choice\":{\"type\":\"tool\",\"name\":"
			 "\"web_search\"}");
	assert_int_equal(r.n_tools, 0);
	assert_int_equal(r.search, CHAT_SEARCH_ON);
	assert_int_equal(r.tool_choice, CHAT_TOOLS_AUTO);
}

static void the_choice_of_tools_is_mapped(void **state)
{
	static const struct {
		const char *members;
		enum chat_tool_choice choice;
		bool one_call;
	} rows[] = {
		{ "\"tools\":[" TOOL("f") "],\"tool_choice\":"
					  "{\"type\":\"auto\"}",
		  CHAT_TOOLS_AUTO, false },
		{ "\"tools\":[" TOOL("f") "],\"tool_choice\":{\"type\":\"any\","
					  "\"disable_parallel_tool_use\":true}",
		  CHAT_TOOLS_REQUIRED, true },
		{ "\"tools\":[" TOOL("f") "],\"tool_choice\":{\"type\":"
					  "\"tool\",\"name\":\"f\"}",
		  CHAT_TOOLS_NAMED, false },
		{ "\"tools\":[" TOOL("f") "],\"tool_choice\":"
					  "{\"type\":\"none\"}",
		  CHAT_TOOLS_NONE, false },
		{ "\"tool_choice\":{\"type\":\"any\"}", CHAT_TOOLS_AUTO,
		  false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r = with(*state, rows[i].members);

		assert_int_equal(r.tool_choice, rows[i].choice);
		assert_int_equal(r.one_call, rows[i].one_call);
		if (r.tool_choice == CHAT_TOOLS_NAMED)
			assert_string_equal(r.tool_name, "f");
	}
}

static void a_choice_of_none_turns_the_search_off(void **state)
{
	struct chat_request r =
		with(*state, "\"tools\":[{\"type\":\"web_search_20250305\"}],"
			     "\"tool_choice\":{\"type\":\"none\"}");

	assert_int_equal(r.search, CHAT_SEARCH_DEFAULT);
}

/* What Kimi cannot take is rewritten for it. */
static void any_json_is_a_schema(void **state)
{
	assert_string_equal(with(*state,
				 "\"tools\":[{\"name\":\"g\",\"input_schema\":"
				 "true}]")
				    .tools[0]
				    .parameters,
			    "true");
}

/* How many Kimi takes depends on the service. */
static void any_number_of_tools_is_read(void **state)
{
	const char *list = TOOL("f");

	for (int i = 1; i < 300; i++)
		list = arena_printf(*state, "%s," TOOL("g%d"), list, i);
	assert_int_equal(with(*state,
			      arena_printf(*state, "\"tools\":[%s]", list))
				 .n_tools,
			 300);
}

static void thinking_is_on_when_requested(void **state)
{
	static const struct {
		const char *thinking;
		enum chat_thinking mode;
	} rows[] = {
		{ "{\"type\":\"enabled\",\"budget_tokens\":1024}",
		  CHAT_THINKING_ON },
		{ "{\"type\":\"adaptive\",\"display\":\"omitted\"}",
		  CHAT_THINKING_ON },
		{ "{\"type\":\"between_tools\"}", CHAT_THINKING_ON },
		{ "{\"type\":\"disabled\"}", CHAT_THINKING_OFF },
		{ "null", CHAT_THINKING_OFF },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(with(*state,
				      arena_printf(*state, "\"thinking\":%s",
						   rows[i].thinking))
					 .thinking,
				 rows[i].mode);
}

static void a_schema_gets_a_name(void **state)
{
	static const char *const forms[] = {
		"\"output_config\":{\"format\":{\"type\":\"json_schema\","
		"\"schema\":{\"type\":\"object\"}}}",
		"\"output_format\":{\"type\":\"json_schema\","
		"\"schema\":{\"type\":\"object\"}}",
	};

	for (size_t i = 0; i < COUNT(forms); i++) {
		struct chat_request r = with(*state, forms[i]);

		assert_int_equal(r.format, CHAT_FORMAT_SCHEMA);
		assert_string_equal(r.schema,
				    "{\"name\":\"answer\",\"strict\":true,"
				    "\"schema\":{\"type\":\"object\"}}");
	}
}

static void a_session_id_becomes_the_cache_key(void **state)
{
	static const struct {
		const char *user, *key;
	} rows[] = {
		{ "{\\\"device_id\\\":\\\"d\\\",\\\"session_id\\\":\\\"s-1\\\"}",
		  "s-1" },
		{ "user_ab_account__session_s-2", "s-2" },
		{ "somebody", NULL },
		{ "{}", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r =
			with(*state, arena_printf(*state,
						  "\"metadata\":{\"user_id\":"
						  "\"%s\"}",
						  rows[i].user));

		assert_contains(r.metadata, "user_id");
		assert_null(r.user);
		if (rows[i].key == NULL)
			assert_null(r.cache_key);
		else
			assert_string_equal(r.cache_key, rows[i].key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_minimal_request_sets_nothing),
		TEST(required_fields_are_named),
		TEST(counting_needs_no_limit),
		TEST(null_is_absent_and_unknown_is_ignored),
		TEST(plain_fields_are_mapped),
		TEST(wrong_values_are_refused),
		TEST(too_many_stop_sequences_are_an_error_of_that_field),
		TEST(limits_are_whole_numbers_from_zero),
		TEST(system_texts_are_instructions),
		TEST(tools_are_functions_without_anthropics_extras),
		TEST(server_tools_are_ignored_except_the_search),
		TEST(the_choice_of_tools_is_mapped),
		TEST(a_choice_of_none_turns_the_search_off),
		TEST(any_json_is_a_schema),
		TEST(any_number_of_tools_is_read),
		TEST(thinking_is_on_when_requested),
		TEST(a_schema_gets_a_name),
		TEST(a_session_id_becomes_the_cache_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
