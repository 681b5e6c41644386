/* SPDX-License-Identifier: MIT */
/* Completions as objects, and the messages they were made from. */
#include "tests/unit/support/test.h"

#include "base/buf.h"
#include "dialect/openai/chat_object.h"

static struct json_writer *writer(struct arena *a, struct buf **out)
{
	struct json_writer *w = arena_alloc(a, sizeof(*w));

	*out = arena_alloc(a, sizeof(**out));
	arena_buf_init(a, *out, 1 << 20);
	json_writer_init(w, *out);
	return w;
}

static const cJSON *put(struct arena *a, const struct chat_message *m,
			const char *metadata)
{
	static const struct chat_usage usage = { .source = CHAT_USAGE_UPSTREAM,
						 .prompt = 5,
						 .completion = 7,
						 .cached = 2,
						 .reasoning = 3 };
	const struct openai_chat_choice choice = {
		.message = m,
		.finish = m->n_calls > 0 ? CHAT_FINISH_CALLS : CHAT_FINISH_STOP,
	};
	struct openai_chat_object c = {
		.id = "chatcmpl-x",
		.created = 1700000000,
		.model = "k2",
		.choices = &choice,
		.n_choices = 1,
		.usage = &usage,
		.metadata = metadata,
	};
	struct buf *out;

	openai_chat_object_put(writer(a, &out), &c, a);
	return parse(a, buf_text(out));
}

static const cJSON *put_input(struct arena *a, const struct chat_message *m)
{
	struct buf *out;

	openai_chat_object_put_input(writer(a, &out), "chatcmpl-x-0", m, a);
	return parse(a, buf_text(out));
}

static void a_completion_has_all_that_clients_need(void **state)
{
	static const struct chat_part text = { .text = "Hi" };
	static const struct chat_cited cited = { { "https://a.b", "A" }, 2 };
	static const struct chat_message m = { .role = CHAT_ASSISTANT,
					       .parts = &text,
					       .n_parts = 1,
					       .reasoning = "hm",
					       .cited = &cited,
					       .n_cited = 1 };
	const cJSON *t = put(*state, &m, "{\"a\":\"b\"}"), *message;

	assert_string_equal(json_text(t, "id"), "chatcmpl-x");
	assert_string_equal(json_text(t, "object"), "chat.completion");
	assert_int_equal(json_int(t, "created", 0), 1700000000);
	assert_string_equal(json_text(t, "model"), "k2");
	assert_string_equal(json_text(t, "choices.0.finish_reason"), "stop");
	assert_int_equal(json_int(t, "usage.total_tokens", 0), 12);
	assert_string_equal(json_text(t, "metadata.a"), "b");
	message = json_at(t, "choices.0.message");
	assert_string_equal(json_text(message, "content"), "Hi");
	assert_string_equal(json_text(message, "reasoning_content"), "hm");
	assert_true(cJSON_HasObjectItem(message, "refusal"));
	assert_false(cJSON_HasObjectItem(message, "tool_calls"));
	assert_string_equal(json_text(message,
				      "annotations.0.url_citation.url"),
			    "https://a.b");
}

static void a_completion_that_is_not_stored_has_no_metadata(void **state)
{
	static const struct chat_message m = { .role = CHAT_ASSISTANT };
	const cJSON *t = put(*state, &m, NULL);

	assert_false(cJSON_HasObjectItem(t, "metadata"));
	assert_string_equal(json_text(t, "choices.0.message.content"), "");
}

static void a_reply_of_calls_only_has_null_content(void **state)
{
	static const struct chat_call call = { "call_1", "f", "{}" };
	static const struct chat_message m = { .role = CHAT_ASSISTANT,
					       .calls = &call,
					       .n_calls = 1 };
	const cJSON *t = put(*state, &m, NULL);

	assert_null(json_text(t, "choices.0.message.content"));
	assert_string_equal(
		json_text(t, "choices.0.message.tool_calls.0.function.name"),
		"f");
	assert_string_equal(json_text(t, "choices.0.finish_reason"),
			    "tool_calls");
}

static void a_plain_message_has_no_parts(void **state)
{
	static const struct chat_part text = { .text = "Hi" };
	static const struct chat_message m = {
		.role = CHAT_USER, .name = "Ann", .parts = &text, .n_parts = 1
	};
	const cJSON *t = put_input(*state, &m);

	assert_string_equal(json_text(t, "id"), "chatcmpl-x-0");
	assert_string_equal(json_text(t, "role"), "user");
	assert_string_equal(json_text(t, "content"), "Hi");
	assert_string_equal(json_text(t, "name"), "Ann");
	assert_true(cJSON_HasObjectItem(t, "content_parts"));
	assert_null(json_at(t, "content_parts"));
}

static void parts_come_back_as_they_were_sent(void **state)
{
	static const struct chat_part parts[] = {
		{ .text = "What " },
		{ .kind = CHAT_PART_IMAGE, .text = "data:image/png;base64,AA" },
		{ .text = "is it?" },
		{ .kind = CHAT_PART_IMAGE, .id = "file-i" },
		{ .kind = CHAT_PART_VIDEO, .text = "https://a.b/c" },
		{ .kind = CHAT_PART_FILE, .id = "file-f", .name = "f.pdf" },
		{ .kind = CHAT_PART_FILE, .text = "data:;base64,AA" },
	};
	static const struct chat_message m = { .role = CHAT_USER,
					       .parts = parts,
					       .n_parts = COUNT(parts) };
	const cJSON *t = put_input(*state, &m), *p;

	assert_string_equal(json_text(t, "content"), "What is it?");
	p = json_at(t, "content_parts");
	assert_int_equal(cJSON_GetArraySize(p), COUNT(parts));
	assert_string_equal(json_text(p, "0.text"), "What ");
	assert_string_equal(json_text(p, "1.image_url.url"), parts[1].text);
	assert_string_equal(json_text(p, "3.image_url.file_id"), "file-i");
	assert_string_equal(json_text(p, "4.video_url.url"), parts[4].text);
	assert_string_equal(json_text(p, "5.file.file_id"), "file-f");
	assert_string_equal(json_text(p, "5.file.filename"), "f.pdf");
	assert_string_equal(json_text(p, "6.file.file_data"), parts[6].text);
	assert_string_equal(json_text(p, "6.type"), "file");
}

static void a_tool_result_names_its_call(void **state)
{
	static const struct chat_part text = { .text = "12" };
	static const struct chat_message m = { .role = CHAT_TOOL,
					       .parts = &text,
					       .n_parts = 1,
					       .call_id = "call_1" };

	assert_string_equal(json_text(put_input(*state, &m), "tool_call_id"),
			    "call_1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_completion_has_all_that_clients_need),
		TEST(a_completion_that_is_not_stored_has_no_metadata),
		TEST(a_reply_of_calls_only_has_null_content),
		TEST(a_plain_message_has_no_parts),
		TEST(parts_come_back_as_they_were_sent),
		TEST(a_tool_result_names_its_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
