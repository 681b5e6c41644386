/* SPDX-License-Identifier: MIT */
/* Every field of a Responses request: mapped, stored, ignored or refused. */
#include "tests/unit/support/test.h"

#include <math.h>
#include <string.h>

#include "dialect/dialect.h"
#include "dialect/openai/responses_request.h"
#include "tests/unit/support/quoted.h"

static struct chat_request read_body(struct arena *a, const char *body)
{
	struct chat_request request;
	struct error e = { 0 };

	if (!dialect_openai_responses.decode(a, quoted_tree(a, body), &request,
					     &e))
		fail_msg("%s In: %s", e.message, body);
	return request;
}

/* A request with these members beside model and input. */
static const char *body_with(struct arena *a, const char *members)
{
	return arena_printf(a, "{'model':'m','input':'Hi'%s%s}",
			    *members == '\0' ? "" : ",", members);
}

static struct chat_request with(struct arena *a, const char *members)
{
	return read_body(a, body_with(a, members));
}

static void refused(struct arena *a, const char *body, enum error_kind kind,
		    const char *param)
{
	struct chat_request request;
	struct error e = { .kind = ERROR_KINDS };

	if (dialect_openai_responses.decode(a, quoted_tree(a, body), &request,
					    &e))
		fail_msg("accepted: %s", body);
	assert_error(&e, kind, param);
}

static void refused_with(struct arena *a, const char *members,
			 enum error_kind kind, const char *param)
{
	refused(a, body_with(a, members), kind, param);
}

static void a_minimal_request_is_only_stored(void **state)
{
	struct chat_request r = with(*state, "");

	assert_string_equal(r.model, "m");
	assert_int_equal(r.n_messages, 1);
	assert_int_equal(r.messages[0].role, CHAT_USER);
	assert_string_equal(r.messages[0].parts[0].text, "Hi");
	assert_int_equal(r.store, CHAT_STORE_ON);
	assert_false(r.stream || r.one_call || r.appends || r.truncates ||
		     r.background);
	assert_true(isnan(r.temperature) && isnan(r.top_p) &&
		    isnan(r.presence_penalty) && isnan(r.frequency_penalty));
	assert_int_equal(r.max_tokens, 0);
	assert_int_equal(r.n_tools, 0);
	assert_int_equal(r.tool_choice, CHAT_TOOLS_AUTO);
	assert_int_equal(r.search, CHAT_SEARCH_DEFAULT);
	assert_int_equal(r.format, CHAT_FORMAT_TEXT);
	assert_null(r.instructions);
	assert_null(r.conversation);
	assert_null(r.previous);
	assert_null(r.effort);
	assert_null(r.metadata);
}

static void null_is_absent_in_every_field(void **state)
{
	for (const struct field *f = openai_responses_fields; f->name != NULL;
	     f++)
		if (strcmp(f->name, "model") != 0 &&
		    strcmp(f->name, "input") != 0)
			with(*state,
			     arena_printf(*state, "'%s':null", f->name));
}

static void unknown_fields_are_accepted(void **state)
{
	with(*state, "'client_metadata':{'a':1},'of_the_future':[1]");
}

static void plain_fields_are_mapped(void **state)
{
	struct chat_request r = with(
		*state, "'stream':true,'max_output_tokens':99,'temperature':0.5"
			",'top_p':0.25,'presence_penalty':1,"
			"'frequency_penalty':-1,'parallel_tool_calls':false,"
			"'user':'u','prompt_cache_key':'k','store':false,"
			"'instructions':'Be brief.','truncation':'auto',"
			"'metadata':{'a':'b'},'reasoning':{'effort':'high',"
			"'summary':'auto'},'safety_identifier':'s'");

	assert_true(r.stream && r.one_call && r.truncates);
	assert_int_equal(r.max_tokens, 99);
	assert_true(r.temperature == 0.5 && r.top_p == 0.25 &&
		    r.presence_penalty == 1 && r.frequency_penalty == -1);
	assert_string_equal(r.user, "s");
	assert_string_equal(r.cache_key, "k");
	assert_int_equal(r.store, CHAT_STORE_OFF);
	assert_string_equal(r.instructions, "Be brief.");
	assert_string_equal(r.metadata, "{\"a\":\"b\"}");
	assert_string_equal(r.effort, "high");
}

static void values_out_of_range_are_refused(void **state)
{
	refused_with(*state, "'stream':1", ERROR_TYPE, "stream");
	refused_with(*state, "'instructions':['x']", ERROR_TYPE,
		     "instructions");
	refused_with(*state, "'max_output_tokens':0", ERROR_VALUE,
		     "max_output_tokens");
	refused_with(*state, "'temperature':3", ERROR_VALUE, "temperature");
	refused_with(*state, "'truncation':'some'", ERROR_VALUE, "truncation");
	refused_with(*state, "'reasoning':'high'", ERROR_TYPE, "reasoning");
	refused_with(*state, "'reasoning':{'effort':'much'}", ERROR_VALUE,
		     "reasoning.effort");
	refused_with(*state, "'include':'all'", ERROR_TYPE, "include");
	refused_with(*state, "'metadata':{'a':1}", ERROR_VALUE, "metadata");
	refused_with(*state, "'prompt':{'id':'p'}", ERROR_UNSUPPORTED,
		     "prompt");
	refused_with(*state, "'background':'yes'", ERROR_TYPE, "background");
	refused_with(*state, "'conversation':{}", ERROR_TYPE, "conversation");
	refused_with(*state, "'previous_response_id':1", ERROR_TYPE,
		     "previous_response_id");
}

static void model_and_input_are_needed(void **state)
{
	refused(*state, "[]", ERROR_BAD_REQUEST, "");
	refused(*state, "{'input':'Hi'}", ERROR_MISSING, "model");
	refused(*state, "{'model':'m'}", ERROR_MISSING, "input");
	refused(*state, "{'model':'m','input':''}", ERROR_MISSING, "input");
	refused(*state, "{'model':'m','input':[]}", ERROR_MISSING, "input");
	refused(*state, "{'model':'m','input':1}", ERROR_TYPE, "input");
	refused(*state, "{'model':'m','input':[{'role':'x','content':'y'}]}",
		ERROR_VALUE, "input[0].role");
}

static void items_become_messages_and_every_call_gets_a_result(void **state)
{
	struct chat_request r = read_body(
		*state, "{'model':'m','input':[{'role':'user','content':'Hi'},"
			"{'type':'function_call','call_id':'1','name':'f',"
			"'arguments':'{}'}]}");

	assert_int_equal(r.n_messages, 3);
	assert_int_equal(r.messages[2].role, CHAT_TOOL);
	assert_string_equal(r.messages[2].call_id, "1");
}

static void a_continued_response_needs_no_input(void **state)
{
	struct chat_request r = read_body(
		*state, "{'model':'m','previous_response_id':'resp_1'}");

	assert_string_equal(r.previous, "resp_1");
	assert_true(r.appends);
	assert_int_equal(r.n_messages, 0);
	r = read_body(*state, "{'model':'m','conversation':'conv_1'}");
	assert_string_equal(r.conversation, "conv_1");
	assert_true(r.appends);
	r = with(*state, "'conversation':{'id':'conv_2'}");
	assert_string_equal(r.conversation, "conv_2");
	assert_int_equal(r.n_messages, 1);
	refused_with(*state,
		     "'conversation':'conv_1','previous_response_id':'resp_1'",
		     ERROR_VALUE, "previous_response_id");
}

static void a_background_response_must_be_stored(void **state)
{
	assert_true(with(*state, "'background':true").background);
	refused_with(*state, "'background':true,'store':false", ERROR_VALUE,
		     "background");
}

static void formats_are_flat(void **state)
{
	struct chat_request r =
		with(*state,
		     "'text':{'verbosity':'low','format':{'type':'json_schema',"
		     "'name':'n','schema':{'type':'object'},'strict':true,"
		     "'description':null}}");

	assert_int_equal(r.format, CHAT_FORMAT_SCHEMA);
	assert_string_equal(r.schema, "{\"name\":\"n\",\"schema\":{\"type\":"
				      "\"object\"},\"strict\":true}");
	r = with(*state, "'text':{'format':{'type':'json_object'}}");
	assert_int_equal(r.format, CHAT_FORMAT_JSON);
	r = with(*state, "'text':{}");
	assert_int_equal(r.format, CHAT_FORMAT_TEXT);
	r = with(*state, "'text':{'format':{'type':'text'}}");
	assert_int_equal(r.format, CHAT_FORMAT_TEXT);
	refused_with(*state, "'text':{'format':{'type':'xml'}}", ERROR_VALUE,
		     "text.format.type");
	refused_with(*state, "'text':{'format':{'type':'json_schema'}}",
		     ERROR_MISSING, "text.format");
	refused_with(*state, "'text':'x'", ERROR_TYPE, "text");
}

/* --- Tools ---------------------------------------------------------------- */

#define F "{'type':'function','name':'f','description':'d','strict':true}"
#define G                                                                      \
	"{'type':'function','name':'g','parameters':{'type':'object',"         \
	"'properties':{'a':{}}},'strict':null}"
#define SPACE                                                                  \
	"{'type':'namespace','name':'mcp','description':'x','tools':[" F       \
	",{'type':'of_the_future'}]}"
#define PATCH                                                                  \
	"{'type':'custom','name':'patch','description':'Edits.','format':{"    \
	"'type':'grammar','syntax':'lark','definition':'start: x'}}"
#define SEARCH "{'type':'web_search','search_context_size':'low'}"
#define INDEXED "{'type':'web_search','external_web_access':false}"
#define SHELL "{'type':'local_shell'}"
#define ALL "'tools':[" F "," G "," SPACE "," PATCH "," SEARCH "," SHELL "]"

static void functions_are_read(void **state)
{
	struct chat_request r = with(*state, ALL);

	assert_int_equal(r.n_tools, 4);
	assert_string_equal(r.tools[0].name, "f");
	assert_string_equal(r.tools[0].description, "d");
	assert_string_equal(r.tools[0].parameters,
			    "{\"type\":\"object\",\"properties\":{}}");
	assert_true(r.tools[0].has_strict && r.tools[0].strict);
	assert_contains(r.tools[1].parameters, "\"a\":{}");
	assert_false(r.tools[1].has_strict);
}

static void a_namespace_is_part_of_the_names_in_it(void **state)
{
	assert_string_equal(with(*state, ALL).tools[2].name, "mcp__f");
}

static void a_custom_tool_is_a_function_of_one_text(void **state)
{
	struct chat_request r = with(*state, ALL);

	assert_string_equal(r.tools[3].name, "patch");
	assert_contains(r.tools[3].parameters, "\"required\":[\"input\"]");
	assert_contains(r.tools[3].description, "Edits.");
	assert_contains(r.tools[3].description, "lark grammar:\nstart: x");
	r = with(*state, "'tools':[{'type':'custom','name':'c'}]");
	assert_null(r.tools[0].description);
}

static void search_is_switched_on_under_all_its_names(void **state)
{
	static const char *const names[] = { "web_search", "web_search_preview",
					     "web_search_2025_08_26" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct chat_request r = with(
			*state, arena_printf(*state, "'tools':[{'type':'%s'}]",
					     names[i]));

		assert_int_equal(r.search, CHAT_SEARCH_ON);
		assert_int_equal(r.n_tools, 0);
	}
}

/* A model whose thinking a search would switch off keeps it, too. */
static void a_search_without_the_live_web_is_none(void **state)
{
	static const struct {
		const char *members;
		enum chat_search search;
	} rows[] = {
		{ "'tools':[" INDEXED "]", CHAT_SEARCH_OFF },
		{ "'tools':[" SEARCH "," INDEXED "]", CHAT_SEARCH_ON },
		{ "'tools':[" INDEXED "," SEARCH "]", CHAT_SEARCH_ON },
		{ "'tools':[{'type':'web_search_preview',"
		  "'external_web_access':false}]",
		  CHAT_SEARCH_OFF },
		{ "'tools':[{'type':'web_search','external_web_access':null}]",
		  CHAT_SEARCH_ON },
		{ "'tools':[" INDEXED "],'tool_choice':'required'",
		  CHAT_SEARCH_OFF },
		{ "'tools':[" INDEXED "],'tool_choice':{'type':'web_search'}",
		  CHAT_SEARCH_OFF },
		{ "'tools':[" F "," INDEXED "],'tool_choice':{"
		  "'type':'allowed_tools','mode':'auto',"
		  "'tools':[{'type':'function','name':'f'}]}",
		  CHAT_SEARCH_OFF },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(with(*state, rows[i].members).search,
				 rows[i].search);
}

static void other_tools_are_ignored_unless_required(void **state)
{
	assert_int_equal(with(*state, "'tools':[" SHELL "]").n_tools, 0);
	refused_with(*state,
		     "'tools':[" SHELL "],'tool_choice':{'type':'local_shell'}",
		     ERROR_UNSUPPORTED, "tool_choice");
	refused_with(*state, "'tools':[" SHELL "],'tool_choice':'required'",
		     ERROR_VALUE, "tool_choice");
}

static void errors_in_a_tool_name_the_tool(void **state)
{
	refused_with(*state, "'tools':{}", ERROR_TYPE, "tools");
	refused_with(*state, "'tools':[1]", ERROR_TYPE, "tools[0]");
	refused_with(*state, "'tools':[" F ",{}]", ERROR_MISSING,
		     "tools[1].type");
	refused_with(*state, "'tools':[{'type':'function'}]", ERROR_MISSING,
		     "tools[0].name");
	refused_with(*state,
		     "'tools':[{'type':'namespace','name':'n','tools':["
		     "{'type':'function','name':''}]}]",
		     ERROR_MISSING, "tools[0].tools[0].name");
}

/* What Kimi cannot take is rewritten for it. */
static void any_json_is_a_schema(void **state)
{
	assert_string_equal(with(*state, "'tools':[{'type':'function','name':"
					 "'f','parameters':'x'}]")
				    .tools[0]
				    .parameters,
			    "\"x\"");
}

/* How many Kimi takes depends on the service. */
static void any_number_of_tools_is_read(void **state)
{
	struct buf tools;

	buf_init(&tools, 1024 * 1024);
	buf_puts(&tools, "'tools':[" F);
	for (int i = 1; i < 300; i++)
		buf_printf(&tools, ",{'type':'function','name':'g%d'}", i);
	assert_int_equal(
		with(*state, arena_printf(*state, "%s]", tools.p)).n_tools,
		300);
	buf_fini(&tools);
}

static void modes_are_read(void **state)
{
	assert_int_equal(with(*state, ALL ",'tool_choice':'auto'").tool_choice,
			 CHAT_TOOLS_AUTO);
	assert_int_equal(
		with(*state, ALL ",'tool_choice':'required'").tool_choice,
		CHAT_TOOLS_REQUIRED);
	refused_with(*state, "'tool_choice':'some'", ERROR_VALUE,
		     "tool_choice");
	refused_with(*state, "'tool_choice':1", ERROR_TYPE, "tool_choice");
	refused_with(*state, "'tool_choice':{}", ERROR_VALUE, "tool_choice");
}

static void a_choice_of_none_turns_the_search_off(void **state)
{
	struct chat_request r = with(*state, ALL ",'tool_choice':'none'");

	assert_int_equal(r.tool_choice, CHAT_TOOLS_NONE);
	assert_int_equal(r.search, CHAT_SEARCH_DEFAULT);
}

static void a_search_cannot_be_required(void **state)
{
	struct chat_request r =
		with(*state, "'tools':[" SEARCH "],'tool_choice':'required'");

	assert_int_equal(r.tool_choice, CHAT_TOOLS_AUTO);
	assert_int_equal(r.search, CHAT_SEARCH_ON);
	r = with(*state, "'tool_choice':{'type':'web_search_preview'}");
	assert_int_equal(r.tool_choice, CHAT_TOOLS_AUTO);
	assert_int_equal(r.search, CHAT_SEARCH_ON);
}

static void a_tool_is_named_with_its_namespace(void **state)
{
	struct chat_request r = with(
		*state, ALL ",'tool_choice':{'type':'function','name':'g'}");

	assert_int_equal(r.tool_choice, CHAT_TOOLS_NAMED);
	assert_string_equal(r.tool_name, "g");
	r = with(*state, ALL ",'tool_choice':{'type':'function','name':'f',"
			     "'namespace':'mcp'}");
	assert_string_equal(r.tool_name, "mcp__f");
	r = with(*state, ALL ",'tool_choice':{'type':'custom','name':'patch'}");
	assert_string_equal(r.tool_name, "patch");
	refused_with(*state,
		     ALL ",'tool_choice':{'type':'function','name':'x'}",
		     ERROR_VALUE, "tool_choice");
	refused_with(*state, ALL ",'tool_choice':{'type':'function'}",
		     ERROR_VALUE, "tool_choice");
}

#define ALLOWED(tools)                                                         \
	ALL ",'tool_choice':{'type':'allowed_tools','mode':'required',"        \
	    "'tools':[" tools "]}"

static void the_model_gets_only_allowed_tools(void **state)
{
	struct chat_request r = with(
		*state, ALLOWED("{'type':'function','name':'g'},"
				"{'type':'custom','name':'patch'},{'x':1}"));

	assert_int_equal(r.tool_choice, CHAT_TOOLS_REQUIRED);
	assert_int_equal(r.n_tools, 2);
	assert_string_equal(r.tools[0].name, "g");
	assert_string_equal(r.tools[1].name, "patch");
	assert_int_equal(r.search, CHAT_SEARCH_DEFAULT);
	r = with(*state, ALLOWED("{'type':'web_search'},{'type':'function',"
				 "'name':'f','namespace':'mcp'}"));
	assert_int_equal(r.n_tools, 1);
	assert_string_equal(r.tools[0].name, "mcp__f");
	assert_int_equal(r.search, CHAT_SEARCH_ON);
	refused_with(*state, ALLOWED(""), ERROR_VALUE, "tool_choice");
	refused_with(*state, ALL ",'tool_choice':{'type':'allowed_tools'}",
		     ERROR_TYPE, "tool_choice.tools");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_minimal_request_is_only_stored),
		TEST(null_is_absent_in_every_field),
		TEST(unknown_fields_are_accepted),
		TEST(plain_fields_are_mapped),
		TEST(values_out_of_range_are_refused),
		TEST(model_and_input_are_needed),
		TEST(items_become_messages_and_every_call_gets_a_result),
		TEST(a_continued_response_needs_no_input),
		TEST(a_background_response_must_be_stored),
		TEST(formats_are_flat),
		TEST(functions_are_read),
		TEST(a_namespace_is_part_of_the_names_in_it),
		TEST(a_custom_tool_is_a_function_of_one_text),
		TEST(search_is_switched_on_under_all_its_names),
		TEST(a_search_without_the_live_web_is_none),
		TEST(other_tools_are_ignored_unless_required),
		TEST(errors_in_a_tool_name_the_tool),
		TEST(any_json_is_a_schema),
		TEST(any_number_of_tools_is_read),
		TEST(modes_are_read),
		TEST(a_choice_of_none_turns_the_search_off),
		TEST(a_search_cannot_be_required),
		TEST(a_tool_is_named_with_its_namespace),
		TEST(the_model_gets_only_allowed_tools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
