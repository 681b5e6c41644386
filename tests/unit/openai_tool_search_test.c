/* SPDX-License-Identifier: MIT */
/* Responses: tools that come with the input, and searches for them. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/buf.h"
#include "dialect/dialect.h"
#include "dialect/openai/items.h"
#include "dialect/openai/loaded_tools.h"
#include "tests/unit/support/quoted.h"

#define UID "abcdefghijklmnopqrstuvwx"
#define LIMIT (1024 * 1024)

#define F "{'type':'function','name':'f','parameters':{'type':'object'}}"
#define SEARCH                                                                 \
	"{'type':'tool_search','execution':'client','description':'Finds.',"   \
	"'parameters':{'type':'object','properties':{'query':{}}}}"
#define LATER                                                                  \
	"{'type':'function','name':'later','description':'Waits.',"            \
	"'defer_loading':true,'parameters':{'type':'object'}}"
#define NOTES                                                                  \
	"{'type':'namespace','name':'notes','description':'All notes.',"       \
	"'tools':[{'type':'function','name':'now'},{'type':'function',"        \
	"'name':'add','defer_loading':true},{'type':'custom','name':'edit',"   \
	"'defer_loading':true}]}"
#define CALL                                                                   \
	"{'type':'tool_search_call','call_id':'c1','execution':'client',"      \
	"'status':'completed','arguments':{'query':'notes'}}"
#define OUTPUT(tools)                                                          \
	"{'type':'tool_search_output','call_id':'c1','execution':'client',"    \
	"'status':'completed','tools':[" tools "]}"
#define ADDED(tools)                                                           \
	"{'type':'additional_tools','role':'developer','tools':[" tools "]}"
#define SAID "{'role':'user','content':'Hi'}"

static struct chat_request read_from(struct arena *a, const char *text,
				     const struct chat_message *stored,
				     size_t n)
{
	const cJSON *body =
		openai_loaded_tools_join(a, quoted_tree(a, text), stored, n);
	struct chat_request q;
	struct error e;

	if (!dialect_openai_responses.decode(a, body, &q, &e))
		fail_msg("%s In: %s", e.message, text);
	return q;
}

/* A request of these tools and items. */
static struct chat_request with(struct arena *a, const char *tools,
				const char *items)
{
	return read_from(a,
			 arena_printf(a,
				      "{'model':'m','tools':[%s],'input':[%s]}",
				      tools, items),
			 NULL, 0);
}

/* The names that Kimi gets, with commas. */
static const char *names(struct arena *a, const struct chat_request *q)
{
	struct buf *out = arena_buf(a, LIMIT);

	for (size_t i = 0; i < q->n_tools; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : "", q->tools[i].name);
	return buf_text(out);
}

static void has(struct arena *a, const char *tools, const char *items,
		const char *expected)
{
	struct chat_request q = with(a, tools, items);

	assert_string_equal(names(a, &q), expected);
}

static void a_search_of_the_client_is_a_function(void **state)
{
	struct chat_request q = with(*state, F "," SEARCH, SAID);

	assert_string_equal(names(*state, &q), "f,tool_search");
	assert_string_equal(q.tools[1].description, "Finds.");
	assert_contains(q.tools[1].parameters, "\"query\"");
	q = with(*state, "{'type':'tool_search','execution':'client'}", SAID);
	assert_contains(q.tools[0].description, "Searches for tools");
	assert_contains(q.tools[0].parameters, "\"paths\"");
}

static void what_it_can_find_is_told_but_not_declared(void **state)
{
	struct chat_request q =
		with(*state, LATER "," SEARCH "," NOTES "," F, SAID);

	assert_string_equal(names(*state, &q), "tool_search,notes__now,f");
	assert_string_equal(q.tools[0].description,
			    "Finds.\n\nWhat can be found:\n- later: Waits.\n"
			    "- notes: All notes.");
	has(*state,
	    SEARCH ",{'type':'namespace','name':'n','defer_loading':true,"
		   "'tools':[" F "]}",
	    SAID, "tool_search");
}

/* Only the client can search, and without a search nothing is found. */
static void without_such_a_search_nothing_is_deferred(void **state)
{
	has(*state, LATER "," NOTES, SAID,
	    "later,notes__now,notes__add,notes__edit");
	has(*state, "{'type':'tool_search'}," LATER, SAID, "later");
	has(*state, "{'type':'tool_search','execution':'server'}," LATER, SAID,
	    "later");
	has(*state, SEARCH ",{'type':'function','name':'tool_search'}," LATER,
	    SAID, "tool_search,later");
}

static void tools_of_the_input_can_be_called(void **state)
{
	has(*state, F, ADDED(NOTES) "," SAID,
	    "f,notes__now,notes__add,notes__edit");
	has(*state, SEARCH "," LATER, SAID "," CALL "," OUTPUT(LATER "," NOTES),
	    "tool_search,later,notes__now,notes__add,notes__edit");
	struct chat_request q = read_from(
		*state, "{'model':'m','input':[" ADDED(F) "," SAID "]}", NULL,
		0);

	assert_string_equal(names(*state, &q), "f");
}

static void a_tool_that_is_loaded_again_is_the_latest(void **state)
{
	struct chat_request q = with(
		*state, SEARCH,
		ADDED(F ",{'type':'function','name':'g'}") "," SAID "," ADDED(
			"{'type':'function','name':'f','description':'New.'}"));

	assert_string_equal(names(*state, &q), "tool_search,f,g");
	assert_string_equal(q.tools[1].description, "New.");
}

static const char *many(struct arena *a, const char *name, size_t n)
{
	struct buf *out = arena_buf(a, LIMIT);

	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s{'type':'function','name':'%s%zu'}",
			   i > 0 ? "," : "", name, i);
	return buf_text(out);
}

static void the_oldest_loaded_tools_make_room(void **state)
{
	struct arena *a = *state;
	struct chat_request q =
		with(a, SEARCH,
		     arena_printf(a, ADDED("%s") "," SAID "," ADDED("%s"),
				  many(a, "old", 100), many(a, "new", 100)));

	assert_int_equal(q.n_tools, 128);
	assert_string_equal(q.tools[0].name, "tool_search");
	assert_string_equal(q.tools[1].name, "old73");
	assert_string_equal(q.tools[127].name, "new99");
}

static void stored_searches_have_loaded_tools_too(void **state)
{
	const struct chat_part loaded = { .text = quoted(*state,
							 "[" NOTES "]") };
	const struct chat_part text = { .text = "[{}]" };
	const struct chat_message stored[] = {
		{ .role = CHAT_TOOL,
		  .name = OPENAI_TOOL_SEARCH,
		  .call_id = "c",
		  .parts = &loaded,
		  .n_parts = 1 },
		{ .role = CHAT_TOOL,
		  .call_id = "d",
		  .parts = &text,
		  .n_parts = 1 },
		{ .role = CHAT_USER, .parts = &text, .n_parts = 1 },
	};
	struct chat_request q = read_from(*state,
					  "{'model':'m','tools':[" SEARCH
					  "],'input':'Hi'}",
					  stored, COUNT(stored));

	assert_string_equal(names(*state, &q),
			    "tool_search,notes__now,notes__add,notes__edit");
}

static void searches_are_calls_with_results(void **state)
{
	struct chat_request q =
		with(*state, SEARCH, SAID "," CALL "," OUTPUT(LATER));

	assert_int_equal(q.n_messages, 3);
	assert_string_equal(q.messages[1].calls[0].name, "tool_search");
	assert_string_equal(q.messages[1].calls[0].arguments,
			    "{\"query\":\"notes\"}");
	assert_int_equal(q.messages[2].role, CHAT_TOOL);
	assert_string_equal(q.messages[2].call_id, "c1");
	assert_contains(q.messages[2].parts[0].text, "\"later\"");
	q = with(*state, SEARCH,
		 SAID ",{'type':'tool_search_call','call_id':'c1','arguments':"
		      "'{}'},{'type':'tool_search_output','call_id':'c1'}");
	assert_string_equal(q.messages[1].calls[0].arguments, "{}");
	assert_string_equal(q.messages[2].parts[0].text, "[]");
}

/* OpenAI ran it: its tools stay, there is no call that could be answered. */
static void searches_of_the_service_only_load(void **state)
{
	struct chat_request q = with(
		*state, "{'type':'tool_search'}",
		SAID ",{'type':'tool_search_call','call_id':null,'execution':"
		     "'server','arguments':{'paths':['x']}},"
		     "{'type':'tool_search_output','call_id':null,"
		     "'execution':'server','tools':[" LATER "]}");

	assert_int_equal(q.n_messages, 1);
	assert_string_equal(names(*state, &q), "later");
}

static void what_is_no_tool_is_left_out(void **state)
{
	has(*state, F, SAID "," ADDED("1,null,[]"), "f");
	has(*state, F,
	    SAID ",{'type':'additional_tools'},{'type':'additional_tools',"
		 "'tools':7}",
	    "f");
}

static void an_error_names_the_item(void **state)
{
	const cJSON *body = openai_loaded_tools_join(
		*state,
		quoted_tree(*state,
			    "{'model':'m','input':[" SAID
			    "," ADDED(F ",{'type':'namespace','name':'n',"
					"'tools':[{'type':'custom'}]}") "]}"),
		NULL, 0);
	struct chat_request q;
	struct error e;

	assert_false(dialect_openai_responses.decode(*state, body, &q, &e));
	assert_error(&e, ERROR_MISSING, "input[1].tools[1].tools[0].name");
}

static void writes(struct arena *a, const struct chat_message *m,
		   const char *expected)
{
	struct buf *out = arena_buf(a, LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	openai_items_put(&w, m, 0, quoted_tree(a, "[" SEARCH "]"));
	assert_string_equal(buf_text(out), quoted(a, expected));
}

static void they_are_written_as_what_they_were(void **state)
{
	const struct chat_call call = { "c1", "tool_search", "{\"a\":1}" };
	const struct chat_part part = { .text = "[{\"x\":1}]" };
	struct chat_message m = {
		.role = CHAT_ASSISTANT, .calls = &call, .n_calls = 1, .uid = UID
	};

	writes(*state, &m,
	       "{'id':'tsc_" UID "0','type':'tool_search_call','execution':"
	       "'client','status':'completed','call_id':'c1',"
	       "'arguments':{'a':1}}");
	m = (struct chat_message){ .role = CHAT_TOOL,
				   .name = "tool_search",
				   .call_id = "c1",
				   .parts = &part,
				   .n_parts = 1,
				   .uid = UID };
	writes(*state, &m,
	       "{'id':'tso_" UID "0','type':'tool_search_output','execution':"
	       "'client','status':'completed','call_id':'c1',"
	       "'tools':[{'x':1}]}");
}

/* An event of a stream is one line. */
static void arguments_of_several_lines_become_one(void **state)
{
	const struct chat_call call = { "c1", "tool_search",
					"{\n  \"a\": \"x\ty\"\n}" };
	const struct chat_message m = {
		.role = CHAT_ASSISTANT, .calls = &call, .n_calls = 1, .uid = UID
	};

	writes(*state, &m,
	       "{'id':'tsc_" UID "0','type':'tool_search_call','execution':"
	       "'client','status':'completed','call_id':'c1',"
	       "'arguments':{'a':'x\\ty'}}");
}

static void a_search_may_be_among_the_allowed_tools(void **state)
{
	struct chat_request q = read_from(
		*state,
		"{'model':'m','input':'Hi','tools':[" F "," SEARCH
		"],'tool_choice':{'type':'allowed_tools','mode':'required',"
		"'tools':[{'type':'tool_search'}]}}",
		NULL, 0);

	assert_string_equal(names(*state, &q), "tool_search");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_search_of_the_client_is_a_function),
		TEST(what_it_can_find_is_told_but_not_declared),
		TEST(without_such_a_search_nothing_is_deferred),
		TEST(tools_of_the_input_can_be_called),
		TEST(a_tool_that_is_loaded_again_is_the_latest),
		TEST(the_oldest_loaded_tools_make_room),
		TEST(stored_searches_have_loaded_tools_too),
		TEST(searches_are_calls_with_results),
		TEST(searches_of_the_service_only_load),
		TEST(what_is_no_tool_is_left_out),
		TEST(an_error_names_the_item),
		TEST(they_are_written_as_what_they_were),
		TEST(arguments_of_several_lines_become_one),
		TEST(a_search_may_be_among_the_allowed_tools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
