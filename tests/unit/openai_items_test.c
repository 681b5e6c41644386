/* SPDX-License-Identifier: MIT */
/* Items of the Responses API, read into messages. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "dialect/openai/items_read.h"
#include "dialect/sealed.h"
#include "tests/unit/support/items.h"

#define UID "abcdefghijklmnopqrstuvwx"
#define OTHER "ABCDEFGHIJKLMNOPQRSTUVWX"

static void a_message_has_a_role_and_texts_of_all_names(void **state)
{
	assert_string_equal(
		items_told(
			*state,
			"[{'role':'developer','content':'a'},"
			"{'type':'message','role':'system','content':'b'},"
			"{'role':'user','id':'x','status':null,'content':["
			"{'type':'input_text','text':'c'},"
			"{'type':'input_text','text':''},"
			"{'type':'text','text':'d'}]},"
			"{'role':'assistant','phase':'commentary','content':["
			"{'type':'output_text','text':'e','annotations':[]},"
			"{'type':'refusal','refusal':'f'},"
			"{'type':'summary_text','text':'g'}]}]"),
		"system(a) system(b) user(cd) assistant(efg)");
}

static void a_message_without_content_is_dropped(void **state)
{
	assert_string_equal(
		items_told(*state,
			   LIST("{'role':'user','content':''}",
				"{'role':'assistant','content':null}", USER,
				"{'role':'assistant','content':[]}")),
		"user(Hi)");
}

static void images_and_files_come_by_id_or_with_their_bytes(void **state)
{
	struct items_read r = items_of(
		*state,
		"[{'role':'user','content':["
		"{'type':'input_image','image_url':'data:x','detail':'low'},"
		"{'type':'input_image','file_id':'file-1','image_url':null},"
		"{'type':'input_image','image_url':{'url':'data:y'}},"
		"{'type':'input_file','filename':'a.txt','file_data':'QQ=='},"
		"{'type':'input_file','file_data':'data:a/b;base64,QQ=='},"
		"{'type':'input_file','file_url':'https://a/b.pdf'},"
		"{'type':'input_file','file_id':'file-2'},"
		"{'type':'input_video','video_url':'data:z'}]}]");
	const struct chat_part *p = r.m->parts;

	assert_int_equal(r.m->n_parts, 8);
	assert_int_equal(p[0].kind, CHAT_PART_IMAGE);
	assert_string_equal(p[0].text, "data:x");
	assert_string_equal(p[1].id, "file-1");
	assert_null(p[1].text);
	assert_string_equal(p[2].text, "data:y");
	assert_int_equal(p[3].kind, CHAT_PART_FILE);
	assert_string_equal(p[3].text, "data:;base64,QQ==");
	assert_string_equal(p[3].name, "a.txt");
	assert_string_equal(p[4].text, "data:a/b;base64,QQ==");
	assert_string_equal(p[5].text, "https://a/b.pdf");
	assert_string_equal(p[6].id, "file-2");
	assert_int_equal(p[7].kind, CHAT_PART_VIDEO);
}

static void an_empty_text_leaves_nothing_behind(void **state)
{
	struct items_read r = items_of(
		*state, "[{'role':'user','content':["
			"{'type':'input_text','text':''},"
			"{'type':'input_image','file_id':'file-1'}]}]");

	assert_int_equal(r.m->n_parts, 1);
	assert_string_equal(r.m->parts->id, "file-1");
	assert_null(r.m->parts->text);
}

static void errors_name_the_field(void **state)
{
	items_refused(*state, "{}", ERROR_TYPE, "input");
	items_refused(*state, "['x']", ERROR_TYPE, "input[0]");
	items_refused(*state, "[{'content':'x'}]", ERROR_MISSING,
		      "input[0].type");
	items_refused(*state, LIST(USER, "{'type':'message','content':'x'}"),
		      ERROR_MISSING, "input[1].role");
	items_refused(*state, "[{'role':'tool','content':'x'}]", ERROR_VALUE,
		      "input[0].role");
	items_refused(*state, "[{'type':'function_call','name':'f'}]",
		      ERROR_MISSING, "input[0].call_id");
	items_refused(*state, "[{'type':'custom_tool_call','call_id':'1'}]",
		      ERROR_MISSING, "input[0].name");
	items_refused(*state, "[{'type':'function_call_output','output':'x'}]",
		      ERROR_MISSING, "input[0].call_id");
	items_refused(
		*state,
		"[{'type':'function_call_output','call_id':'1','output':{}}]",
		ERROR_TYPE, "input[0].output");
	items_refused(*state,
		      "[{'type':'function_call','call_id':'1','name':'f',"
		      "'arguments':[1]}]",
		      ERROR_TYPE, "input[0].arguments");
	items_refused(*state,
		      "[{'type':'function_call','call_id':'1','name':'f',"
		      "'arguments':7}]",
		      ERROR_TYPE, "input[0].arguments");
}

static void errors_in_a_part_name_the_part(void **state)
{
	static const struct {
		const char *content;
		enum error_kind kind;
		const char *param;
	} rows[] = {
		{ "1", ERROR_TYPE, "" },
		{ "['x']", ERROR_TYPE, "[0]" },
		{ "[{}]", ERROR_MISSING, "[0].type" },
		{ "[{'type':'input_text','text':'a'},{'type':'input_image'}]",
		  ERROR_MISSING, "[1].image_url" },
		{ "[{'type':'input_text'}]", ERROR_TYPE, "[0].text" },
		{ "[{'type':'refusal'}]", ERROR_TYPE, "[0].refusal" },
		{ "[{'type':'input_file'}]", ERROR_MISSING, "[0].file_data" },
		{ "[{'type':'input_audio','data':'QQ=='}]", ERROR_UNSUPPORTED,
		  "[0].type" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		items_refused(*state,
			      arena_printf(*state,
					   "[{'role':'user','content':%s}]",
					   rows[i].content),
			      rows[i].kind,
			      arena_printf(*state, "input[0].content%s",
					   rows[i].param));
}

static void items_of_other_tools_are_ignored(void **state)
{
	assert_string_equal(
		items_told(*state,
			   LIST(USER,
				"{'type':'web_search_call','id':'ws_1',"
				"'status':'completed'}",
				"{'type':'local_shell_call'}",
				"{'type':'of_the_future','role':'user'}",
				SAID("a"))),
		"user(Hi) assistant(a)");
}

static void calls_and_the_text_before_them_are_one_message(void **state)
{
	assert_string_equal(
		items_told(*state, LIST(USER, SAID("a"), CALL("1"), CALL("2"),
					RESULT("1", "x"), RESULT("2", "y"),
					CALL("3"), RESULT("3", ""))),
		"user(Hi) assistant(a){1:f:{}}{2:f:{}} tool:1(x) tool:2(y) "
		"assistant{3:f:{}} tool:3");
}

static void text_after_calls_joins_them_as_results_must_follow(void **state)
{
	assert_string_equal(items_told(*state, LIST(USER, CALL("1"), SAID("a"),
						    RESULT("1", "x"))),
			    "user(Hi) assistant(a){1:f:{}} tool:1(x)");
}

static void texts_that_follow_each_other_stay_apart(void **state)
{
	assert_string_equal(items_told(*state, LIST(SAID("a"), SAID("b"))),
			    "assistant(a) assistant(b)");
}

#define PIECE(uid, place, text)                                                \
	"{'type':'message','role':'assistant','id':'msg_" uid place            \
	"','content':'" text "'}"

static void texts_of_one_reply_are_one_message(void **state)
{
	assert_string_equal(items_told(*state,
				       LIST(PIECE(UID, "0", "a"), THOUGHT("t"),
					    PIECE(UID, "2", "b"),
					    PIECE(OTHER, "0", "c"))),
			    "assistant[t](ab) assistant(c)");
}

static void the_input_of_a_custom_tool_may_be_an_object(void **state)
{
	assert_string_equal(
		items_told(*state, "[{'type':'custom_tool_call','call_id':'1',"
				   "'name':'f','input':{'a':1.0}}]"),
		"assistant{1:f:{\"input\":\"{\\\"a\\\":1.0}\"}}");
	items_refused(*state,
		      "[{'type':'custom_tool_call','call_id':'1','name':'f',"
		      "'input':[1]}]",
		      ERROR_TYPE, "input[0].input");
}

static void arguments_are_kept_as_text(void **state)
{
	static const char *const rows[][2] = {
		{ "''", "{}" },
		{ "null", "{}" },
		{ "'{broken'", "{broken" },
		{ "'[1]'", "[1]" },
		{ "{'a':1.0}", "{\"a\":1.0}" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(
			items_told(*state,
				   arena_printf(*state,
						"[{'type':'function_call',"
						"'call_id':'1','name':'f',"
						"'arguments':%s}]",
						rows[i][0])),
			arena_printf(*state, "assistant{1:f:%s}", rows[i][1]));
}

static void a_namespace_becomes_part_of_the_name(void **state)
{
	assert_string_equal(items_told(*state,
				       "[{'type':'function_call','call_id':'1',"
				       "'name':'f','namespace':'mcp',"
				       "'arguments':'{}'}]"),
			    "assistant{1:mcp__f:{}}");
}

static void a_custom_call_has_its_input_as_an_argument(void **state)
{
	struct items_read r = items_of(
		*state,
		"[{'type':'custom_tool_call','call_id':'1','name':'patch',"
		"'input':'a \\'b\\'\\n'},{'type':'custom_tool_call_output',"
		"'call_id':'1','output':[{'type':'input_text','text':'ok'},"
		"{'type':'input_image','image_url':'data:x'}]}]");

	assert_string_equal(r.m[0].calls[0].arguments,
			    "{\"input\":\"a \\\"b\\\"\\n\"}");
	assert_int_equal(r.m[1].role, CHAT_TOOL);
	assert_string_equal(r.m[1].name, "patch");
	assert_int_equal(r.m[1].n_parts, 2);
}

static void reasoning_belongs_to_what_the_model_says_next(void **state)
{
	assert_string_equal(
		items_told(*state,
			   LIST(USER, THOUGHT("t"), SAID("a"), USER,
				THOUGHT("u"), CALL("1"), RESULT("1", "x"),
				THOUGHT("v"), SAID("b"))),
		"user(Hi) assistant[t](a) user(Hi) assistant[u]{1:f:{}} "
		"tool:1(x) assistant[v](b)");
	assert_string_equal(
		items_told(*state, LIST(SAID("a"), THOUGHT("t"), CALL("1"))),
		"assistant[t](a){1:f:{}}");
	assert_string_equal(items_told(*state,
				       LIST(THOUGHT("t"), USER, SAID("a"))),
			    "user(Hi) assistant(a)");
	assert_string_equal(items_told(*state, LIST(THOUGHT("t"))), "");
}

static void reasoning_is_sealed_else_content_else_summary(void **state)
{
	const char *sealed = sealed_put(*state, "whole", 5);
	const char *rest = "'content':[{'type':'reasoning_text','text':'raw'}]"
			   ",'summary':[{'type':'summary_text','text':'s'}]}";

	assert_string_equal(items_told(*state,
				       arena_printf(*state,
						    "[{'type':'reasoning',"
						    "'encrypted_content':"
						    "'%s',%s,%s]",
						    sealed, rest, SAID("a"))),
			    "assistant[whole](a)");
	assert_string_equal(
		items_told(*state,
			   arena_printf(*state,
					"[{'type':'reasoning',"
					"'encrypted_content':'foreign',%s,"
					"%s]",
					rest, SAID("a"))),
		"assistant[raw](a)");
	assert_string_equal(items_told(*state, LIST(THOUGHT("one"),
						    THOUGHT("two"), SAID("a"))),
			    "assistant[onetwo](a)");
}

/* Dropped, it would take the conversation with it. */
static void only_a_reference_to_reasoning_may_be_dropped(void **state)
{
	assert_string_equal(items_told(*state,
				       "[{'type':'item_reference',"
				       "'id':'rs_1'},{'id':'rs_2'}," USER "]"),
			    "user(Hi)");
	items_refused(*state, "[{'type':'item_reference','id':'msg_1'}]",
		      ERROR_VALUE, "input[0].id");
	items_refused(*state, "[{'id':'fc_1'}]", ERROR_VALUE, "input[0].id");
	items_refused(*state, "[{'type':'item_reference'}]", ERROR_VALUE,
		      "input[0].id");
}

/* A tool that reports while it runs has several; Kimi takes one. */
/* Others were called in between: no result can stand there. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_has_a_role_and_texts_of_all_names),
		TEST(a_message_without_content_is_dropped),
		TEST(images_and_files_come_by_id_or_with_their_bytes),
		TEST(an_empty_text_leaves_nothing_behind),
		TEST(errors_name_the_field),
		TEST(errors_in_a_part_name_the_part),
		TEST(items_of_other_tools_are_ignored),
		TEST(calls_and_the_text_before_them_are_one_message),
		TEST(text_after_calls_joins_them_as_results_must_follow),
		TEST(texts_that_follow_each_other_stay_apart),
		TEST(texts_of_one_reply_are_one_message),
		TEST(arguments_are_kept_as_text),
		TEST(the_input_of_a_custom_tool_may_be_an_object),
		TEST(a_namespace_becomes_part_of_the_name),
		TEST(a_custom_call_has_its_input_as_an_argument),
		TEST(reasoning_belongs_to_what_the_model_says_next),
		TEST(reasoning_is_sealed_else_content_else_summary),
		TEST(only_a_reference_to_reasoning_may_be_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
