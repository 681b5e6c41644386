/* SPDX-License-Identifier: MIT */
/* Items that agents need: summaries, messages of others, results of tools. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "dialect/openai/items_read.h"
#include "dialect/sealed.h"
#include "tests/unit/support/items.h"

static void a_message_of_another_agent_is_one_of_the_user(void **state)
{
	assert_string_equal(
		items_told(
			*state,
			"[" USER ",{'type':'agent_message','author':'/main',"
			"'recipient':'/main/a','content':[{'type':'input_text',"
			"'text':'Task: '},{'type':'encrypted_content',"
			"'encrypted_content':'say hello'}]}]"),
		"user(Hi) user(Task: say hello)");
	assert_string_equal(
		items_told(*state, "[" USER ",{'type':'agent_message'},"
				   "{'type':'agent_message','content':[]},"
				   "{'type':'agent_message','content':'x'}]"),
		"user(Hi)");
}

static void a_compaction_is_a_summary(void **state)
{
	static const char *const types[] = { "compaction", "compaction_summary",
					     "context_compaction" };
	const char *sealed = sealed_put(*state, "so far", 6);

	for (size_t i = 0; i < COUNT(types); i++) {
		struct items_read r = items_of(
			*state, arena_printf(*state,
					     "[" USER ",{'type':'%s','id':"
					     "'cmp_1','encrypted_content':"
					     "'%s'}," USER "]",
					     types[i], sealed));

		assert_string_equal(items_tell(*state, &r),
				    "user(Hi) assistant(so far) user(Hi)");
		assert_true(r.m[1].compacts);
		assert_false(r.m[0].compacts || r.m[2].compacts);
	}
	assert_string_equal(
		items_told(*state, "[" USER ",{'type':'context_compaction'}]"),
		"user(Hi)");
}

static void a_foreign_or_damaged_compaction_is_refused(void **state)
{
	items_refused(*state, "[" USER ",{'type':'compaction'}]", ERROR_VALUE,
		      "input[1].encrypted_content");
	items_refused(
		*state,
		"[{'type':'compaction','encrypted_content':'gAAAAB-of-others'}]",
		ERROR_VALUE, "input[0].encrypted_content");
	items_refused(*state,
		      "[{'type':'context_compaction','encrypted_content':''}]",
		      ERROR_VALUE, "input[0].encrypted_content");
	items_refused(*state,
		      arena_printf(*state,
				   "[{'type':'compaction','encrypted_content':"
				   "'%.20s'}]",
				   sealed_put(*state, "so far", 6)),
		      ERROR_VALUE, "input[0].encrypted_content");
}

static void no_thoughts_reach_beyond_what_comes_between(void **state)
{
	const struct sealed hm = { "Hm.", 3, "[{\"type\":\"x\"}]" };
	const char *thought = arena_printf(
		*state, "{'type':'reasoning','encrypted_content':'%s'}",
		sealed_print(*state, &hm));
	const char *const between[] = {
		"{'type':'agent_message','content':[{'text':'x'}]}",
		arena_printf(*state,
			     "{'type':'compaction','encrypted_content':'%s'}",
			     sealed_put(*state, "so far", 6)),
		USER,
	};

	for (size_t i = 0; i < COUNT(between); i++) {
		struct items_read r = items_of(*state, LIST(thought, between[i],
							    SAID("Hello")));

		assert_int_equal(r.n, 2);
		assert_null(r.m[1].reasoning);
		assert_null(r.m[1].details);
	}
}

static void a_trigger_is_the_last_item_and_says_nothing(void **state)
{
	assert_string_equal(
		items_told(*state, "[" USER ",{'type':'compaction_trigger'}]"),
		"user(Hi)");
	items_refused(*state, "[{'type':'compaction_trigger'}," USER "]",
		      ERROR_VALUE, "input[0]");
}

static void a_call_without_a_result_gets_an_empty_one(void **state)
{
	assert_string_equal(
		items_completed(*state,
				LIST(USER, CALL("1"), CALL("2"),
				     RESULT("2", "y"), USER, CALL("3"))),
		"user(Hi) assistant{1:f:{}}{2:f:{}} tool:1 tool:2(y) "
		"user(Hi) assistant{3:f:{}} tool:3");
}

static void several_results_of_a_call_are_one(void **state)
{
	assert_string_equal(
		items_completed(*state,
				LIST(CALL("1"), CALL("2"), RESULT("1", "a"),
				     RESULT("2", "b"), RESULT("1", "c"),
				     RESULT("1", ""), RESULT("1", "d"), USER)),
		"assistant{1:f:{}}{2:f:{}} tool:1(a\nc\nd) tool:2(b) "
		"user(Hi)");
	assert_string_equal(items_completed(*state,
					    LIST(CALL("1"), RESULT("1", ""),
						 RESULT("1", "b"))),
			    "assistant{1:f:{}} tool:1(b)");
}

static void a_late_result_is_told(void **state)
{
	assert_string_equal(
		items_completed(*state, LIST(CALL("1"), RESULT("1", "a"),
					     CALL("2"), RESULT("2", "b"),
					     RESULT("1", "more"), USER)),
		"assistant{1:f:{}} tool:1(a) assistant{2:f:{}} tool:2(b) "
		"user(An earlier tool call (1) reports more:\nmore) user(Hi)");
}

static void results_come_right_after_their_calls(void **state)
{
	assert_string_equal(
		items_completed(*state,
				LIST(RESULT("0", "w"), CALL("1"), CALL("2"),
				     USER, RESULT("2", "y"), RESULT("1", "x"),
				     RESULT("9", "z"))),
		"tool:0(w) assistant{1:f:{}}{2:f:{}} tool:1(x) tool:2(y) "
		"user(Hi) tool:9(z)");
	assert_string_equal(items_completed(*state, LIST(USER)), "user(Hi)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_of_another_agent_is_one_of_the_user),
		TEST(a_compaction_is_a_summary),
		TEST(a_foreign_or_damaged_compaction_is_refused),
		TEST(no_thoughts_reach_beyond_what_comes_between),
		TEST(a_trigger_is_the_last_item_and_says_nothing),
		TEST(a_call_without_a_result_gets_an_empty_one),
		TEST(several_results_of_a_call_are_one),
		TEST(a_late_result_is_told),
		TEST(results_come_right_after_their_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
