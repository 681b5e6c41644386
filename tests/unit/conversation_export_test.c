/* SPDX-License-Identifier: MIT */
/* Conversations as JSON, JSON Lines and Markdown. */
#include "tests/unit/support/test.h"

#include "app/conversation_export.h"
#include "base/json.h"
#include "tests/unit/support/turns.h"

#define FENCED "Look:\n````\n```\ncode\n```\n````\nSo."
#define UNCLOSED "```\nnever closed"

static void play(struct turns *f, const char *says, const char *reply)
{
	static const struct chat_call call = { "call_1", "look", "{\"a\":1}" };
	struct store_turn *t = turns_opened(f, "r1", "c");
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, reply);
	struct chat_request *request = turns_request(f->arena, t, 0, says);
	struct chat_message *m = arena_array(f->arena, 3, sizeof(*m));
	struct chat_part *part = arena_alloc(f->arena, sizeof(*part));

	part->text = "a \"result\"";
	m[0] = request->messages[0];
	m[1] = (struct chat_message){ .role = CHAT_ASSISTANT,
				      .reasoning = "I should look.",
				      .calls = &call,
				      .n_calls = 1 };
	m[2] = (struct chat_message){ .role = CHAT_TOOL,
				      .call_id = "call_1",
				      .parts = part,
				      .n_parts = 1 };
	request->messages = m;
	request->n_messages = 3;
	o.request = request;
	turns_close(f, t, &o);
}

static const char *exported(struct turns *f, enum export_format format,
			    bool reasoning)
{
	struct conversation_export x = { format, reasoning, false };
	struct archived_conversation c;
	struct buf *out = arena_buf(f->arena, 1 << 20);
	struct error e;

	assert_true(store_archive_find(f->store, "c", 0, &c, f->arena, &e));
	conversation_export_begin(&x, out);
	for (int i = 0; i < 2; i++)
		if (!conversation_export_add(&x, f->store, &c, out, f->arena,
					     &e))
			fail_msg("%s", e.message);
	conversation_export_end(&x, out);
	return buf_text(out);
}

static void json_has_everything_and_a_version(void **state)
{
	struct turns f = turns_begin(*state);
	const cJSON *t, *m;

	play(&f, "says \"this\"", "reply");
	t = parse(*state, exported(&f, EXPORT_JSON, false));
	assert_string_equal(json_text(t, "format"), "kimi-proxy conversations");
	assert_int_equal(json_at(t, "version")->valueint, 1);
	assert_int_equal(cJSON_GetArraySize(json_at(t, "conversations")), 2);
	t = cJSON_GetArrayItem(json_at(t, "conversations"), 1);
	assert_string_equal(json_text(t, "id"), "c");
	assert_string_equal(json_text(t, "key"), "key");
	m = json_at(t, "messages");
	assert_int_equal(cJSON_GetArraySize(m), 4);
	assert_string_equal(json_text(cJSON_GetArrayItem(m, 0), "content"),
			    "says \"this\"");
	assert_string_equal(json_text(cJSON_GetArrayItem(m, 1), "reasoning"),
			    "I should look.");
	assert_string_equal(
		json_text(cJSON_GetArrayItem(json_at(cJSON_GetArrayItem(m, 1),
						     "tool_calls"),
					     0),
			  "name"),
		"look");
	assert_string_equal(json_text(cJSON_GetArrayItem(m, 3), "request"),
			    "r1");
}

static void json_lines_are_what_models_are_tuned_with(void **state)
{
	struct turns f = turns_begin(*state);
	const char *line =
		"{\"messages\":[{\"role\":\"user\",\"content\":\"says\"},"
		"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{"
		"\"id\":\"call_1\",\"type\":\"function\",\"function\":{"
		"\"name\":\"look\",\"arguments\":\"{\\\"a\\\":1}\"}}]},"
		"{\"role\":\"tool\",\"content\":\"a \\\"result\\\"\","
		"\"tool_call_id\":\"call_1\"},"
		"{\"role\":\"assistant\",\"content\":\"reply\"}]}\n";

	play(&f, "says", "reply");
	assert_string_equal(exported(&f, EXPORT_JSONL, false),
			    arena_printf(*state, "%s%s", line, line));
}

static void reasoning_is_in_them_if_that_is_wanted(void **state)
{
	struct turns f = turns_begin(*state);

	play(&f, "says", "reply");
	assert_contains(exported(&f, EXPORT_JSONL, true),
			"\"reasoning_content\":\"I should look.\"");
}

static void markdown_can_be_read(void **state)
{
	struct turns f = turns_begin(*state);
	const char *text;

	play(&f, "says", "**bold** reply");
	text = exported(&f, EXPORT_MARKDOWN, false);
	assert_contains(text, "# c\n\n");
	assert_contains(text, "## user\n\nsays\n\n");
	assert_contains(text, "## assistant\n\n**bold** reply\n\n");
	assert_contains(text, "<summary>call of look</summary>\n\n```json\n"
			      "{\"a\":1}\n```\n");
	assert_contains(text, "```text\nI should look.\n```\n");
}

static void no_text_ends_a_fence_around_it(void **state)
{
	struct turns f = turns_begin(*state);
	const char *text;

	play(&f, UNCLOSED, FENCED);
	text = exported(&f, EXPORT_MARKDOWN, false);
	assert_contains(text, "````markdown\n" UNCLOSED "\n````\n");
	assert_contains(text, "## assistant\n\n" FENCED "\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json_has_everything_and_a_version),
		TEST(json_lines_are_what_models_are_tuned_with),
		TEST(reasoning_is_in_them_if_that_is_wanted),
		TEST(markdown_can_be_read),
		TEST(no_text_ends_a_fence_around_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
