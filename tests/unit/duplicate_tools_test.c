/* SPDX-License-Identifier: MIT */
/* Tools that a client declares twice, and tools whose names become one. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/buf.h"
#include "dialect/dialect.h"
#include "dialect/openai/loaded_tools.h"
#include "dialect/openai/tool_name.h"
#include "tests/unit/support/quoted.h"

#define LIMIT (1024 * 1024)

/* --- The same tool twice --- */

/* The parts of a request in each dialect: around its tools, and around the
 * members of a tool. */
struct way {
	const struct dialect *dialect;
	const char *rest, *open, *schema, *close;
	const char *param; /* of the third tool's name */
};

static const struct way ways[] = {
	{ &dialect_openai_chat, "'messages':[{'role':'user','content':'Hi'}]",
	  "{'type':'function','function':{", "parameters", "}}",
	  "tools[2].function.name" },
	{ &dialect_openai_responses, "'input':'Hi'", "{'type':'function',",
	  "parameters", "}", "tools[2].name" },
	{ &dialect_anthropic_messages,
	  "'max_tokens':9,'messages':[{'role':'user','content':'Hi'}]", "{",
	  "input_schema", "}", "tools.2.name" },
};

#define A "{'type':'object','properties':{'a':{}}}"
#define A_TURNED "{ 'properties': {'a': {} }, 'type' : 'object' }"
#define B "{'type':'object','properties':{'b':{}}}"

static const char *tool(struct arena *a, const struct way *w, const char *name,
			const char *description, const char *schema)
{
	return arena_printf(a, "%s'name':'%s','description':'%s','%s':%s%s",
			    w->open, name, description, w->schema, schema,
			    w->close);
}

/* f, g, and a third one. */
static const cJSON *three(struct arena *a, const struct way *w,
			  const char *name, const char *description,
			  const char *schema)
{
	return quoted_tree(
		a,
		arena_printf(a, "{'model':'m',%s,'tools':[%s,%s,%s]}", w->rest,
			     tool(a, w, "f", "d", A), tool(a, w, "g", "d", A),
			     tool(a, w, name, description, schema)));
}

static void a_tool_is_declared_once(void **state)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct chat_request q;
		struct error e;

		assert_true(ways[i].dialect->decode(
			*state, three(*state, &ways[i], "f", "d", A_TURNED), &q,
			&e));
		assert_int_equal(q.n_tools, 2);
		assert_string_equal(q.tools[0].name, "f");
		assert_string_equal(q.tools[1].name, "g");
	}
}

static void refused(struct arena *a, const char *description,
		    const char *schema)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct chat_request q;
		struct error e;

		assert_false(ways[i].dialect->decode(
			a, three(a, &ways[i], "f", description, schema), &q,
			&e));
		assert_error(&e, ERROR_VALUE, ways[i].param);
	}
}

static void two_tools_of_one_name_are_refused(void **state)
{
	refused(*state, "d", B);
	refused(*state, "other", A);
}

/* --- Responses: namespaces --- */

#define IN(space, tools)                                                       \
	"{'type':'namespace','name':'" space "','tools':[" tools "]}"
#define F(name) "{'type':'function','name':'" name "'}"
#define CUSTOM(name) "{'type':'custom','name':'" name "'}"
#define CALL(space, name)                                                      \
	"{'type':'function_call','call_id':'c1','namespace':'" space           \
	"','name':'" name "','arguments':'{}'},"                               \
	"{'type':'function_call_output','call_id':'c1','output':'r'}"

static struct chat_request with(struct arena *a, const char *tools,
				const char *more)
{
	const cJSON *body =
		quoted_tree(a, arena_printf(a, "{'model':'m','tools':[%s],%s}",
					    tools, more));
	struct chat_request q;
	struct error e;

	body = openai_loaded_tools_join(a, body, NULL, 0);
	if (!dialect_openai_responses.decode(a, body, &q, &e))
		fail_msg("%s In: %s", e.message, tools);
	return q;
}

/* What the names of the tools stand for, "namespace/name" each; no two names
 * are equal. */
static const char *origins(struct arena *a, const char *tools)
{
	struct chat_request q = with(a, tools, "'input':'Hi'");
	const cJSON *list = quoted_tree(a, arena_printf(a, "[%s]", tools));
	struct buf *out = arena_buf(a, LIMIT);

	for (size_t i = 0; i < q.n_tools; i++) {
		struct openai_tool_name t =
			openai_tool_name_origin(list, q.tools[i].name);

		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(q.tools[i].name,
						q.tools[k].name);
		buf_printf(out, "%s%s/%s%s", i > 0 ? " " : "",
			   t.space == NULL ? "" : t.space, t.name,
			   t.custom ? "*" : "");
	}
	return buf_text(out);
}

static void names_that_become_one_are_set_apart(void **state)
{
	assert_string_equal(
		origins(*state, IN("a", F("b__c")) "," IN("a__b", CUSTOM("c"))),
		"a/b__c a__b/c*");
	assert_string_equal(
		origins(*state, IN("a__b", F("c")) "," IN("a", F("b__c")) "," F(
					"a__b__c")),
		"a__b/c a/b__c /a__b__c");
	assert_string_equal(origins(*state, IN("a_", F("b") "," F("_b")) "," IN(
						    "a", F("_b"))),
			    "a_/b a_/_b a/_b");
	assert_string_equal(origins(*state,
				    IN("a", F("b")) "," IN("a", F("c"))),
			    "a/b a/c");
	/* A tool of a namespace may be there twice as well. */
	assert_string_equal(
		origins(*state, IN("a", F("b") "," F("b")) "," IN("a", F("b"))),
		"a/b");
}

/* Whatever else is declared; a namespace may come in pieces. */
static void all_names_come_back(void **state)
{
	static const char *const spaces[] = { "a", "a_", "a__b", "a__b__c" };
	static const char *const names[] = { "b",	"_b",	"b__c", "c",
					     "b__c__d", "c__d", "d",	"_" };
	struct buf *tools = arena_buf(*state, LIMIT);
	struct buf *wanted = arena_buf(*state, LIMIT);

	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t k = 0; k < COUNT(spaces); k++) {
			const char *space = spaces[(i + k) % COUNT(spaces)];

			buf_printf(tools, IN("%s", F("%s")) ",", space,
				   names[i]);
			buf_printf(wanted, "%s/%s ", space, names[i]);
		}
	buf_puts(tools, F("a__b") "," F("a__b__c__d"));
	buf_puts(wanted, "/a__b /a__b__c__d");
	assert_string_equal(origins(*state, buf_text(tools)), buf_text(wanted));
}

static void the_first_keeps_its_name(void **state)
{
	struct chat_request q = with(*state,
				     IN("a", F("b__c")) "," IN("a__b", F("c")),
				     "'input':'Hi'");

	assert_string_equal(q.tools[0].name, "a__b__c");
	q = with(*state, IN("a", F("b__c")) "," F("a__b__c"), "'input':'Hi'");
	assert_string_equal(q.tools[1].name, "a__b__c");
}

static void calls_and_choices_mean_the_same_tool(void **state)
{
	struct chat_request q = with(
		*state, IN("a", F("b__c")) "," IN("a__b", F("c")),
		"'input':[" CALL("a__b", "c") "," CALL(
			"a",
			"b__c") "],"
				"'tool_choice':{'type':'function','namespace':'a__b',"
				"'name':'c'}");

	assert_string_equal(q.tool_name, q.tools[1].name);
	assert_string_equal(q.messages[0].calls[0].name, q.tools[1].name);
	assert_string_equal(q.messages[2].calls[0].name, "a__b__c");
	/* It is declared under another name by now. */
	q = with(*state, F("a__b__c"), "'input':[" CALL("a", "b__c") "]");
	assert_string_equal(q.messages[0].calls[0].name, "a__b__c");
}

static void loaded_tools_are_set_apart_too(void **state)
{
	struct chat_request q = with(
		*state, IN("a__b", F("c")) "," F("f") "," F("f"),
		"'input':[{'type':'additional_tools','role':'developer',"
		"'tools':[" IN("a", F("b__c")) "," IN("a__b", CUSTOM("c")) "," CUSTOM(
			"f") "]},{'role':'user','content':'Hi'}]");

	assert_int_equal(q.n_tools, 3);
	assert_string_equal(q.tools[0].name, "a__b__c");
	assert_contains(q.tools[0].parameters, "input");
	assert_string_equal(q.tools[1].name, "f");
	assert_contains(q.tools[2].name, "a__b__c_");
}

static void the_place_of_a_refused_name_is_told(void **state)
{
	static const struct {
		const char *tools, *param;
	} rows[] = {
		{ IN("a", F("b") "," CUSTOM("b")), "tools[0].tools[1].name" },
		{ F("f") "," CUSTOM("f"), "tools[1].name" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request q;
		struct error e;

		assert_false(dialect_openai_responses.decode(
			*state,
			quoted_tree(*state,
				    arena_printf(*state,
						 "{'model':'m','input':'Hi',"
						 "'tools':[%s]}",
						 rows[i].tools)),
			&q, &e));
		assert_error(&e, ERROR_VALUE, rows[i].param);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tool_is_declared_once),
		TEST(two_tools_of_one_name_are_refused),
		TEST(names_that_become_one_are_set_apart),
		TEST(all_names_come_back),
		TEST(the_first_keeps_its_name),
		TEST(calls_and_choices_mean_the_same_tool),
		TEST(loaded_tools_are_set_apart_too),
		TEST(the_place_of_a_refused_name_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
