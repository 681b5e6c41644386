/* SPDX-License-Identifier: MIT */
/* What errors are said to be about, in each dialect's own words. */
#include "tests/unit/support/test.h"

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define RESPONSES "/v1/responses"

/* An input item is not told by the message that became of it. */
static void an_error_names_what_this_dialect_calls_it(void **state)
{
	static const struct {
		const char *path, *body, *param;
	} rows[] = {
		{ RESPONSES,
		  "\"input\":[{\"role\":\"user\",\"content\":[{\"type\":"
		  "\"input_file\",\"file_id\":\"file-none\"}]}]",
		  "\"param\":\"input.file_id\"" },
		{ CHAT,
		  "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
		  "\"file\",\"file\":{\"file_id\":\"file-none\"}}]}]",
		  "\"param\":\"messages[0].content[0].file.file_id\"" },
		{ RESPONSES,
		  "\"input\":[{\"type\":\"function_call_output\","
		  "\"call_id\":\"call_a\",\"output\":\"A\"}]",
		  "\"param\":\"input\"" },
		{ CHAT,
		  "\"messages\":[" SAYS(
			  "A") ",{\"role\":\"tool\","
			       "\"tool_call_id\":\"call_a\",\"content\":\"A\"}]",
		  "\"param\":\"messages[1].tool_call_id\"" },
		{ RESPONSES, "\"input\":\"A\"", "\"param\":\"input\"" },
		{ RESPONSES, "\"input\":\"A\",\"conversation\":\"a b\"",
		  "\"param\":\"conversation\"" },
		{ "/c/a%20b/v1/chat/completions",
		  "\"messages\":[" SAYS("A") "]",
		  "\"param\":\"conversation_id\"" },
		{ "/v1/completions", "\"prompt\":\"A\"",
		  "\"param\":\"prompt\"" },
		{ CHAT, "\"messages\":[" SAYS("A") "]",
		  "\"param\":\"messages\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(400, "{\"error\":{\"type\":\"invalid_"
					   "request_error\",\"message\":"
					   "\"exceeded model token limit\"}}"),
			{ 0 },
		};
		struct site *s = site_open(*state, NULL, answers);

		assert_contains(site_ask(s, "POST", rows[i].path,
					 arena_printf(*state,
						      "{\"model\":\"kimi-k3\","
						      "%s}",
						      rows[i].body)),
				rows[i].param);
	}
}

static void a_conversation_that_is_full_says_so_in_each_dialect(void **state)
{
	static const struct {
		const char *path, *body, *param;
	} rows[] = {
		{ "/c/mine" RESPONSES, "\"input\":\"A\"",
		  "\"param\":\"input\"" },
		{ "/c/mine/v1/completions", "\"prompt\":\"A\"",
		  "\"param\":\"prompt\"" },
		{ CONVERSATION, "\"messages\":[" SAYS("A") "]",
		  "\"param\":\"messages\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(200, DELTA("one") END),
			{ 0 },
		};
		struct site *s = site_open(
			*state, "KIMI_CONVERSATION_ITEMS=2\n", answers);
		const char *body = arena_printf(
			*state, "{\"model\":\"kimi-k3\",%s}", rows[i].body);

		assert_contains(site_ask(s, "POST", rows[i].path, body),
				"Status: 200 ");
		assert_contains(site_ask(s, "POST", rows[i].path, body),
				rows[i].param);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_error_names_what_this_dialect_calls_it),
		TEST(a_conversation_that_is_full_says_so_in_each_dialect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
