/* SPDX-License-Identifier: MIT */
/* Messages written as items, and items that are taken out of messages. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "dialect/openai/items.h"
#include "dialect/openai/items_read.h"
#include "tests/unit/support/quoted.h"

#define UID "abcdefghijklmnopqrstuvwx"
#define LIMIT (1024 * 1024)

static const struct chat_part text_part = { .text = "Grüße, Welt" };
static const struct chat_call calls[] = {
	{ "call_1", "f", "{\"a\":1}" },
	{ "call_2", "mcp__g", "{}" },
	{ "call_3", "patch", "{\"input\":\"x\\ny\"}" },
};
static const struct chat_cited cited[] = {
	{ { "https://a", "A" }, 5 },
	{ { "https://b", "B" }, 11 },
};

static struct chat_message answered(void)
{
	return (struct chat_message){
		.role = CHAT_ASSISTANT,
		.parts = &text_part,
		.n_parts = 1,
		.reasoning = "Hm. So.",
		.calls = calls,
		.n_calls = COUNT(calls),
		.cited = cited,
		.n_cited = COUNT(cited),
		.uid = UID,
	};
}

#define TOOLS                                                                  \
	"[{'type':'function','name':'f'},{'type':'namespace','name':'mcp',"    \
	"'tools':[{'type':'function','name':'g'}]},"                           \
	"{'type':'custom','name':'patch'}]"

static const char *written(struct arena *a, const struct chat_message *m,
			   size_t place, const char *tools)
{
	struct buf *out = arena_buf(a, LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	openai_items_put(&w, m, place,
			 tools == NULL ? NULL : quoted_tree(a, tools));
	return buf_text(out);
}

static void writes(struct arena *a, const struct chat_message *m, size_t place,
		   const char *expected)
{
	assert_string_equal(written(a, m, place, TOOLS), quoted(a, expected));
}

static void a_reply_is_its_reasoning_text_and_calls(void **state)
{
	struct chat_message m = answered();

	assert_int_equal(openai_items_count(&m), 5);
	writes(*state, &m, 0,
	       "{'id':'rs_" UID "0','type':'reasoning','summary':["
	       "{'type':'summary_text','text':'Hm. So.'}]}");
	writes(*state, &m, 1,
	       "{'id':'msg_" UID "1','type':'message','role':'assistant',"
	       "'status':'completed','content':[{'type':'output_text','text':"
	       "'Grüße, Welt','annotations':[{'type':'url_citation',"
	       "'start_index':5,'end_index':5,'url':'https://a','title':'A'},"
	       "{'type':'url_citation','start_index':11,'end_index':11,"
	       "'url':'https://b','title':'B'}],'logprobs':[]}]}");
	writes(*state, &m, 2,
	       "{'id':'fc_" UID "2','type':'function_call','status':"
	       "'completed','call_id':'call_1','name':'f','arguments':"
	       "'{\\'a\\':1}'}");
	writes(*state, &m, 3,
	       "{'id':'fc_" UID "3','type':'function_call','status':"
	       "'completed','call_id':'call_2','name':'g','namespace':'mcp',"
	       "'arguments':'{}'}");
	writes(*state, &m, 4,
	       "{'id':'ctc_" UID "4','type':'custom_tool_call','status':"
	       "'completed','call_id':'call_3','name':'patch','input':'x\\ny'}");
	assert_contains(written(*state, &m, 3, NULL), "\"name\":\"mcp__g\"");
	assert_string_equal(written(*state, &m, 5, NULL), "");
}

static void spans_give_the_order_and_split_the_texts(void **state)
{
	static const struct chat_span spans[] = {
		{ CHAT_BLOCK_TEXT, 7, 0 }, /* "Grüße" */
		{ CHAT_BLOCK_CALL, 1, 0 },	{ CHAT_BLOCK_REASONING, 3, 0 },
		{ CHAT_BLOCK_TEXT, 6, 7 },	{ CHAT_BLOCK_CALL, 1, 1 },
		{ CHAT_BLOCK_REASONING, 4, 3 },
	};
	static const struct chat_part parts[] = { { .text = "Grü" },
						  { .text = "ße, Welt" } };
	struct chat_message m = answered();

	m.parts = parts;
	m.n_parts = COUNT(parts);
	m.spans = spans;
	m.n_spans = COUNT(spans);
	assert_int_equal(openai_items_count(&m), 6);
	assert_contains(written(*state, &m, 0, NULL),
			"\"text\":\"Grüße\",\"annotations\":[{\"type\":"
			"\"url_citation\",\"start_index\":5,\"end_index\":5,"
			"\"url\":\"https://a\",\"title\":\"A\"}]");
	assert_contains(written(*state, &m, 1, NULL), "call_1");
	assert_contains(written(*state, &m, 2, NULL), "\"Hm.\"");
	assert_contains(written(*state, &m, 3, NULL),
			"\"text\":\", Welt\",\"annotations\":[{\"type\":"
			"\"url_citation\",\"start_index\":6,\"end_index\":6,"
			"\"url\":\"https://b\",\"title\":\"B\"}]");
	assert_contains(written(*state, &m, 4, NULL), "call_2");
	assert_contains(written(*state, &m, 5, NULL), "\" So.\"");
}

static void a_block_cut_before_it_began_is_no_item(void **state)
{
	static const struct chat_call cut[] = { { "1", "f", "{}" },
						{ "2", "f", "" } };
	struct chat_message m = { .role = CHAT_ASSISTANT,
				  .calls = cut,
				  .n_calls = 2 };

	(void)state;
	assert_int_equal(openai_items_count(&m), 1);
	m.n_calls = 0;
	assert_int_equal(openai_items_count(&m), 0);
}

static void a_message_of_the_user_is_one_item_with_parts(void **state)
{
	static const struct chat_part parts[] = {
		{ .text = "Hi" },
		{ .kind = CHAT_PART_IMAGE, .text = "data:x" },
		{ .kind = CHAT_PART_IMAGE, .id = "file-1" },
		{ .kind = CHAT_PART_FILE, .text = "data:y", .name = "a" },
		{ .kind = CHAT_PART_FILE, .text = "https://z" },
		{ .kind = CHAT_PART_VIDEO, .text = "data:v" },
	};
	struct chat_message m = { .role = CHAT_USER,
				  .parts = parts,
				  .n_parts = COUNT(parts),
				  .uid = UID };

	assert_int_equal(openai_items_count(&m), 1);
	writes(*state, &m, 0,
	       "{'id':'msg_" UID "0','type':'message','role':'user',"
	       "'status':'completed','content':["
	       "{'type':'input_text','text':'Hi'},"
	       "{'type':'input_image','image_url':'data:x','detail':'auto'},"
	       "{'type':'input_image','file_id':'file-1','detail':'auto'},"
	       "{'type':'input_file','file_data':'data:y','filename':'a'},"
	       "{'type':'input_file','file_url':'https://z'},"
	       "{'type':'input_video','video_url':'data:v'}]}");
	m.role = CHAT_SYSTEM;
	m.n_parts = 1;
	assert_contains(written(*state, &m, 0, NULL), "\"role\":\"system\"");
}

static void a_result_is_a_string_or_parts(void **state)
{
	static const struct chat_part parts[] = {
		{ .text = "a" },
		{ .text = "b" },
		{ .kind = CHAT_PART_IMAGE, .text = "data:x" },
	};
	struct chat_message m = { .role = CHAT_TOOL,
				  .call_id = "call_1",
				  .parts = parts,
				  .n_parts = 2,
				  .uid = UID };

	writes(*state, &m, 0,
	       "{'id':'fco_" UID "0','type':'function_call_output','status':"
	       "'completed','call_id':'call_1','output':'ab'}");
	m.name = "patch";
	m.n_parts = 0;
	writes(*state, &m, 0,
	       "{'id':'ctco_" UID "0','type':'custom_tool_call_output',"
	       "'status':'completed','call_id':'call_1','output':''}");
	m.n_parts = 3;
	assert_contains(written(*state, &m, 0, NULL),
			"\"output\":[{\"type\":\"input_text\"");
}

static void written_items_read_back_the_same(void **state)
{
	struct chat_message m = answered(), *r;
	struct buf out;
	struct json_writer w;
	struct error e;
	size_t n;

	buf_init(&out, LIMIT);
	json_writer_init(&w, &out);
	json_array(&w, NULL);
	for (size_t i = 0; i < openai_items_count(&m); i++)
		openai_items_put(&w, &m, i, quoted_tree(*state, TOOLS));
	json_close_array(&w);
	assert_true(openai_items_read(&(struct decoder){ .arena = *state,
							 .error = &e },
				      parse(*state, out.p), "items", &r, &n));
	buf_fini(&out);
	assert_int_equal(n, 1);
	assert_string_equal(r->reasoning, m.reasoning);
	assert_string_equal(chat_message_text(r, *state), text_part.text);
	assert_int_equal(r->n_calls, m.n_calls);
	for (size_t i = 0; i < r->n_calls; i++) {
		assert_string_equal(r->calls[i].id, calls[i].id);
		assert_string_equal(r->calls[i].name, calls[i].name);
		assert_string_equal(r->calls[i].arguments, calls[i].arguments);
	}
}

static void ids_name_message_and_place(void **state)
{
	struct chat_message m = answered();
	const cJSON *tools = quoted_tree(*state, TOOLS);
	const char *uid;
	size_t place;

	for (size_t i = 0; i < openai_items_count(&m); i++) {
		const char *id = openai_items_id(&m, i, tools, *state);

		assert_true(openai_items_parse_id(id, &uid, &place, *state));
		assert_string_equal(uid, UID);
		assert_int_equal(place, i);
	}
	assert_true(
		openai_items_parse_id("ctco_" UID "12", &uid, &place, *state));
	assert_int_equal(place, 12);
	assert_null(openai_items_id(&m, 5, tools, *state));
}

static void other_ids_are_not_ours(void **state)
{
	static const char *const ids[] = {
		"",
		"msg_",
		"msg_" UID,
		"msg_" UID "x",
		"msg_" UID "1x",
		"msg_" UID "01",
		"msg_" UID "1234567890",
		"msg_abc0",
		"msg_abcdefghijklmnopqrstuvw-0",
		"foo_" UID "0",
		UID "0",
	};
	const char *uid;
	size_t place;

	for (size_t i = 0; i < COUNT(ids); i++)
		if (openai_items_parse_id(ids[i], &uid, &place, *state))
			fail_msg("read: %s", ids[i]);
}

static void deleting_an_item_keeps_the_ids_of_the_others(void **state)
{
	struct chat_message whole = answered(), m;
	const cJSON *tools = quoted_tree(*state, TOOLS);
	size_t n = openai_items_count(&whole);

	for (size_t gone = 0; gone < n; gone++) {
		m = openai_items_without(&whole, gone, *state);
		assert_false(openai_items_has(&m, gone));
		assert_null(openai_items_id(&m, gone, tools, *state));
		for (size_t i = 0; i < n; i++)
			if (i != gone)
				assert_string_equal(
					written(*state, &m, i, TOOLS),
					written(*state, &whole, i, TOOLS));
	}
}

static void deleting_every_item_leaves_nothing(void **state)
{
	static const size_t order[] = { 2, 0, 4, 1, 3 };
	struct chat_message m = answered();

	for (size_t i = 0; i < COUNT(order); i++) {
		assert_true(openai_items_count(&m) > 0);
		m = openai_items_without(&m, order[i], *state);
	}
	assert_int_equal(openai_items_count(&m), 0);
	assert_null(m.reasoning);
	assert_int_equal(m.n_parts + m.n_calls + m.n_cited, 0);
}

static void deleting_an_item_removes_its_span(void **state)
{
	static const struct chat_span spans[] = {
		{ CHAT_BLOCK_TEXT, 7, 0 },
		{ CHAT_BLOCK_REASONING, 3, 0 },
		{ CHAT_BLOCK_TEXT, 6, 7 },
		{ CHAT_BLOCK_REASONING, 4, 3 },
	};
	struct chat_message m = answered();

	m.n_calls = 0;
	m.spans = spans;
	m.n_spans = COUNT(spans);
	m = openai_items_without(&m, 0, *state);
	assert_string_equal(chat_message_text(&m, *state), ", Welt");
	assert_int_equal(m.n_cited, 1);
	assert_int_equal(m.cited[0].offset, 6);
	assert_int_equal(openai_items_count(&m), 4);
	m = openai_items_without(&m, 3, *state);
	assert_string_equal(m.reasoning, "Hm.");
	assert_int_equal(openai_items_count(&m), 3);
}

static void a_message_of_the_user_is_deleted_whole(void **state)
{
	struct chat_message m = {
		.role = CHAT_USER, .parts = &text_part, .n_parts = 1, .uid = UID
	};
	struct chat_message rest = openai_items_without(&m, 0, *state);

	assert_int_equal(openai_items_count(&rest), 0);
	rest = openai_items_without(&m, 1, *state);
	assert_int_equal(openai_items_count(&rest), 1);
	m.role = CHAT_TOOL;
	m.call_id = "call_1";
	rest = openai_items_without(&m, 0, *state);
	assert_int_equal(openai_items_count(&rest), 0);
}

/* What the model thought is no part of it. */
static void a_summary_is_read_back_as_it_was(void **state)
{
	const struct chat_message m = {
		.role = CHAT_ASSISTANT,
		.compacts = true,
		.parts = &text_part,
		.n_parts = 1,
		.reasoning = "Hm.",
		.details = "[{\"type\":\"summary\",\"summary\":\"Hm.\"}]",
		.uid = UID,
	};
	const cJSON *item = parse(*state, written(*state, &m, 0, NULL));
	struct chat_message *again;
	struct error e;
	size_t n;

	assert_int_equal(openai_items_count(&m), 1);
	assert_string_equal(json_text(item, "id"), "cmp_" UID "0");
	assert_true(openai_items_read(
		&(struct decoder){ .arena = *state, .error = &e },
		parse(*state,
		      arena_printf(*state, "[%s]", json_print(*state, item))),
		"input", &again, &n));
	assert_int_equal(n, 1);
	assert_true(again->compacts);
	assert_string_equal(again->parts[0].text, text_part.text);
	assert_int_equal(
		openai_items_count(&(struct chat_message){
			.role = CHAT_ASSISTANT, .compacts = true, .uid = UID }),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_summary_is_read_back_as_it_was),
		TEST(a_reply_is_its_reasoning_text_and_calls),
		TEST(spans_give_the_order_and_split_the_texts),
		TEST(a_block_cut_before_it_began_is_no_item),
		TEST(a_message_of_the_user_is_one_item_with_parts),
		TEST(a_result_is_a_string_or_parts),
		TEST(written_items_read_back_the_same),
		TEST(ids_name_message_and_place),
		TEST(other_ids_are_not_ours),
		TEST(deleting_an_item_keeps_the_ids_of_the_others),
		TEST(deleting_every_item_leaves_nothing),
		TEST(deleting_an_item_removes_its_span),
		TEST(a_message_of_the_user_is_deleted_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
