/* SPDX-License-Identifier: MIT */
/* Names of tools: what Kimi gets for those that it refuses. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>

#include "upstream/api/tool_names.h"

#define MAX_NAMES 8
#define X10 "xxxxxxxxxx"
#define LONG X10 X10 X10 X10 X10 X10 "xxxx" /* as long as may be */
#define SEARCH "$web_search"

/* A request that declares `tools`, whose history calls `calls`. */
struct asked {
	const char *tools[MAX_NAMES], *calls[MAX_NAMES];
	const char *parameters; /* of the tools */
	const char *description;
};

static struct chat_request request_of(struct arena *a, const struct asked *q)
{
	struct chat_tool *tools = arena_array(a, MAX_NAMES, sizeof(*tools));
	struct chat_call *calls = arena_array(a, MAX_NAMES, sizeof(*calls));
	struct chat_message *m = arena_alloc(a, sizeof(*m));
	struct chat_request r = { .tools = tools, .messages = m };

	for (; q->tools[r.n_tools] != NULL; r.n_tools++)
		tools[r.n_tools] =
			(struct chat_tool){ .name = q->tools[r.n_tools],
					    .description = q->description,
					    .parameters = q->parameters };
	m->role = CHAT_ASSISTANT;
	m->calls = calls;
	for (; q->calls[m->n_calls] != NULL; m->n_calls++)
		calls[m->n_calls] =
			(struct chat_call){ .id = "i",
					    .name = q->calls[m->n_calls] };
	r.n_messages = m->n_calls > 0;
	return r;
}

/* The tools' names as they go out, then those of the calls. */
static const char *sent(struct arena *a, const struct asked *q)
{
	struct chat_request r = request_of(a, q);
	struct tool_names names;
	const struct chat_request *to = tool_names_apply(&names, a, &r, true);
	const char *text = "";

	for (size_t i = 0; i < to->n_tools; i++) {
		assert_string_equal(tool_names_back(&names, to->tools[i].name),
				    q->tools[i]);
		text = arena_printf(a, "%s %s", text, to->tools[i].name);
	}
	for (size_t i = 0; to->n_messages > 0 && q->calls[i] != NULL; i++) {
		const char *name = to->messages->calls[i].name;

		assert_string_equal(tool_names_back(&names, name), q->calls[i]);
		text = arena_printf(a, "%s %s", text, name);
	}
	return text;
}

static void names_that_kimi_takes_cost_nothing(void **state)
{
	struct chat_request r = request_of(
		*state, &(struct asked){
				.tools = { "f", "get_Weather-2", LONG, SEARCH },
				.calls = { "gone", SEARCH } });
	struct tool_names names;

	assert_ptr_equal(tool_names_apply(&names, *state, &r, true), &r);
	assert_string_equal(tool_names_back(&names, "any.name"), "any.name");
}

static void others_are_replaced(void **state)
{
	static const char *const rows[][2] = {
		{ "21st_magic", "tool_21st_magic" },
		{ "-dash", "tool_-dash" },
		{ "_under", "tool__under" },
		{ "a.b/c d:e", "a_b_c_d_e" },
		{ "mcp::x", "mcp__x" },
		{ "$price", "tool__price" },
		{ "na\xC3\xAFve", "na_ve" },
		{ "\xE5\xA4\xA9\xE6\xB0\x94", "tool___" },
		{ "", "tool_" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked q = { .tools = { rows[i][0] } };
		struct asked gone = { .calls = { rows[i][0] } };

		assert_string_equal(sent(*state, &q) + 1, rows[i][1]);
		assert_string_equal(sent(*state, &gone) + 1, rows[i][1]);
	}
}

static void too_long_a_name_gets_a_hash(void **state)
{
	struct asked q = { .tools = { LONG "y", LONG "z" } };
	const char *names = sent(*state, &q);
	char one[66], other[66];

	assert_int_equal(sscanf(names, " %65s %65s", one, other), 2);
	assert_int_equal(strlen(one), 64);
	assert_int_equal(strlen(other), 64);
	assert_memory_equal(one, other, 56);
	assert_string_not_equal(one, other);
}

static void names_that_would_be_equal_are_told_apart(void **state)
{
	/* The hashes are those of the client's names. */
	assert_string_equal(sent(*state,
				 &(struct asked){ .tools = { "a.b", "a/b" } }),
			    " a_b a_b_c14cddc0");
	assert_string_equal(sent(*state,
				 &(struct asked){ .tools = { "a/b", "a.b" } }),
			    " a_b_c14cddc0 a_b");
	assert_string_equal(
		sent(*state,
		     &(struct asked){ .tools = { "a.b", "a_b", "a/b" } }),
		" a_b_2e7336dc a_b a_b_c14cddc0");
	/* Even the name with the hash may be taken. */
	assert_string_not_equal(
		sent(*state, &(struct asked){ .tools = { "a.b", "a_b",
							 "a_b_2e7336dc" } }),
		" a_b_2e7336dc a_b a_b_2e7336dc");
}

static void a_declared_tool_goes_before_one_of_the_history(void **state)
{
	assert_string_equal(sent(*state,
				 &(struct asked){ .tools = { "a/b" },
						  .calls = { "a.b", "a/b" } }),
			    " a_b a_b_2e7336dc a_b");
	/* A name that goes out as it is comes first, wherever it is. */
	assert_string_equal(sent(*state,
				 &(struct asked){ .tools = { "a.b" },
						  .calls = { "a_b", "a.b" } }),
			    " a_b_2e7336dc a_b a_b_2e7336dc");
}

static const char *description(struct arena *a, const struct asked *q)
{
	struct chat_request r = request_of(a, q);
	struct tool_names names;

	return tool_names_apply(&names, a, &r, true)->tools->description;
}

static void a_new_name_is_explained(void **state)
{
	struct asked q = { .tools = { "a.b" } };
	struct asked same = { .tools = { "a_b", "a.b" } };

	assert_string_equal(description(*state, &q),
			    "Elsewhere this tool is called \"a.b\".");
	q.description = same.description = "Does it.";
	assert_string_equal(description(*state, &q),
			    "Does it.\n\n"
			    "Elsewhere this tool is called \"a.b\".");
	assert_string_equal(description(*state, &same), "Does it.");
}

static void choice_and_results_follow(void **state)
{
	struct chat_message messages[] = {
		{ .role = CHAT_USER, .name = "Dr. No" },
		{ .role = CHAT_TOOL, .name = "a.b", .call_id = "i" },
	};
	struct chat_request r =
		request_of(*state, &(struct asked){ .tools = { "a.b" } });
	const struct chat_request *to;
	struct tool_names names;

	r.tool_name = "a.b";
	r.messages = messages;
	r.n_messages = COUNT(messages);
	to = tool_names_apply(&names, *state, &r, true);
	assert_string_equal(to->tool_name, "a_b");
	assert_string_equal(to->messages[0].name, "Dr. No");
	assert_string_equal(to->messages[1].name, "a_b");
	assert_string_equal(r.tool_name, "a.b");
}

/* The parameters show that it is the client's. */
static void a_tool_of_the_client_may_be_called_like_kimis(void **state)
{
	struct asked own = { .tools = { SEARCH },
			     .calls = { SEARCH },
			     .parameters = "{}" };
	struct asked kimis = { .tools = { "a.b" }, .calls = { SEARCH } };
	struct chat_request r = request_of(*state, &kimis);
	struct tool_names names;

	assert_string_equal(sent(*state, &own),
			    " tool__web_search tool__web_search");
	assert_string_equal(sent(*state, &kimis), " a_b " SEARCH);
	assert_string_equal(tool_names_apply(&names, *state, &r, false)
				    ->messages->calls->name,
			    "tool__web_search");
}

static void a_name_that_nobody_offered_stays(void **state)
{
	struct chat_request r =
		request_of(*state, &(struct asked){ .tools = { "a.b" } });
	struct tool_names names;

	tool_names_apply(&names, *state, &r, true);
	assert_string_equal(tool_names_back(&names, "a_b"), "a.b");
	assert_string_equal(tool_names_back(&names, "a.b"), "a.b");
	assert_string_equal(tool_names_back(&names, "other/one"), "other/one");
	assert_string_equal(tool_names_back(&names, ""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_that_kimi_takes_cost_nothing),
		TEST(others_are_replaced),
		TEST(too_long_a_name_gets_a_hash),
		TEST(names_that_would_be_equal_are_told_apart),
		TEST(a_declared_tool_goes_before_one_of_the_history),
		TEST(a_new_name_is_explained),
		TEST(choice_and_results_follow),
		TEST(a_tool_of_the_client_may_be_called_like_kimis),
		TEST(a_name_that_nobody_offered_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
