/* SPDX-License-Identifier: MIT */
/* The messages of a chat completions request, and what is wrong with them. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "dialect/dialect.h"

static const char *body(struct arena *a, const char *messages)
{
	return arena_printf(a, "{\"model\":\"m\",\"messages\":[%s]}", messages);
}

static void refused(struct arena *a, const char *messages, enum error_kind kind,
		    const char *param)
{
	struct chat_request request;
	struct error e = { .kind = ERROR_KINDS };

	if (dialect_openai_chat.decode(a, parse(a, body(a, messages)), &request,
				       &e))
		fail_msg("accepted: %s", messages);
	if (e.kind != kind || strcmp(e.param, param) != 0)
		fail_msg("%s %s, not %s %s: %s", error_name(e.kind), e.param,
			 error_name(kind), param, messages);
}

static const struct chat_message *read(struct arena *a, const char *messages,
				       size_t n)
{
	struct chat_request r = decode(a, body(a, messages));

	assert_int_equal(r.n_messages, n);
	return r.messages;
}

#define USER(content) "{\"role\":\"user\",\"content\":" content "}"

static void roles_are_mapped(void **state)
{
	const struct chat_message *m = read(
		*state,
		"{\"role\":\"system\",\"content\":\"a\"},"
		"{\"role\":\"developer\",\"content\":\"b\"}," USER(
			"\"c\"") ",{\"role\":\"assistant\",\"content\":\"d\"},"
				 "{\"role\":\"tool\",\"content\":\"e\",\"tool_call_id\":\"i\"}",
		5);
	static const enum chat_role roles[] = { CHAT_SYSTEM, CHAT_SYSTEM,
						CHAT_USER, CHAT_ASSISTANT,
						CHAT_TOOL };

	for (size_t i = 0; i < COUNT(roles); i++)
		assert_int_equal(m[i].role, roles[i]);
	assert_string_equal(m[4].call_id, "i");
}

static void a_name_is_passed_on(void **state)
{
	assert_string_equal(read(*state,
				 "{\"role\":\"user\",\"name\":\"Ann\","
				 "\"content\":\"x\"}",
				 1)[0]
				    .name,
			    "Ann");
}

static void parts_are_read_except_empty_texts(void **state)
{
	const struct chat_message *m =
		read(*state,
		     USER("[{\"type\":\"text\",\"text\":\"a\","
			  "\"cache_control\":{\"type\":\"ephemeral\"}},"
			  "{\"type\":\"text\",\"text\":\"\"},"
			  "{\"type\":\"image_url\",\"image_url\":{\"url\":"
			  "\"data:x\",\"detail\":\"low\"}},"
			  "{\"type\":\"image_url\",\"image_url\":\"data:y\"},"
			  "{\"type\":\"video_url\",\"video_url\":{\"url\":"
			  "\"ms://1\"}},"
			  "{\"type\":\"text\",\"text\":\"b\"}]"),
		     1);

	assert_int_equal(m->n_parts, 5);
	assert_string_equal(m->parts[0].text, "a");
	assert_int_equal(m->parts[1].kind, CHAT_PART_IMAGE);
	assert_string_equal(m->parts[1].text, "data:x");
	assert_string_equal(m->parts[2].text, "data:y");
	assert_int_equal(m->parts[3].kind, CHAT_PART_VIDEO);
	assert_string_equal(m->parts[3].text, "ms://1");
	assert_string_equal(chat_message_text(m, *state), "ab");
}

static void files_come_by_id_or_with_their_bytes(void **state)
{
	const struct chat_message *m =
		read(*state,
		     USER("[{\"type\":\"file\",\"file\":{\"file_id\":"
			  "\"file-1\",\"filename\":\"a.pdf\"}},"
			  "{\"type\":\"file\",\"file\":{\"file_data\":"
			  "\"data:a/b;base64,QQ==\"}},"
			  "{\"type\":\"file\",\"file\":{\"file_data\":"
			  "\"QQ==\",\"filename\":\"b.txt\"}},"
			  "{\"type\":\"image_url\",\"image_url\":"
			  "{\"file_id\":\"file-2\"}}]"),
		     1);

	assert_int_equal(m->n_parts, 4);
	assert_int_equal(m->parts[0].kind, CHAT_PART_FILE);
	assert_string_equal(m->parts[0].id, "file-1");
	assert_string_equal(m->parts[0].name, "a.pdf");
	assert_null(m->parts[0].text);
	assert_string_equal(m->parts[1].text, "data:a/b;base64,QQ==");
	assert_null(m->parts[1].id);
	assert_string_equal(m->parts[2].text, "data:;base64,QQ==");
	assert_string_equal(m->parts[2].name, "b.txt");
	assert_int_equal(m->parts[3].kind, CHAT_PART_IMAGE);
	assert_string_equal(m->parts[3].id, "file-2");
}

static void an_empty_text_leaves_nothing_behind(void **state)
{
	const struct chat_message *m =
		read(*state,
		     USER("[{\"type\":\"text\",\"text\":\"\"},{\"type\":"
			  "\"file\",\"file\":{\"file_id\":\"file-1\"}}]"),
		     1);

	assert_int_equal(m->n_parts, 1);
	assert_string_equal(m->parts->id, "file-1");
	assert_null(m->parts->text);
}

static void a_refusal_is_text(void **state)
{
	const struct chat_message *m = read(
		*state,
		USER("\"x\"") ",{\"role\":\"assistant\",\"content\":["
			      "{\"type\":\"refusal\",\"refusal\":\"no\"}]}",
		2);

	assert_string_equal(chat_message_text(&m[1], *state), "no");
}

static void calls_are_kept_with_arguments_as_text(void **state)
{
	const struct chat_message *m = read(
		*state,
		USER("\"x\"") ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
			      "{\"id\":\"1\",\"type\":\"function\",\"function\":"
			      "{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},"
			      "{\"id\":\"2\",\"function\":{\"name\":\"f\","
			      "\"arguments\":\"\"}},"
			      "{\"id\":\"3\",\"function\":{\"name\":\"f\","
			      "\"arguments\":\"{broken\"}},"
			      "{\"id\":\"4\",\"function\":{\"name\":\"f\","
			      "\"arguments\":\"[1]\"}},"
			      "{\"id\":\"5\",\"function\":{\"name\":\"f\"}},"
			      "{\"id\":\"6\",\"function\":{\"name\":\"f\","
			      "\"arguments\":null}},"
			      "{\"id\":\"7\",\"function\":{\"name\":\"f\","
			      "\"arguments\":{\"a\": [1.0]}}}]}",
		2);
	static const char *const arguments[] = {
		"{\"a\":1}", "{}", "{broken", "[1]", "{}", "{}", "{\"a\":[1.0]}"
	};

	assert_int_equal(m[1].n_calls, COUNT(arguments));
	assert_int_equal(m[1].n_parts, 0);
	for (size_t i = 0; i < COUNT(arguments); i++)
		assert_string_equal(m[1].calls[i].arguments, arguments[i]);
}

static void reasoning_has_two_names(void **state)
{
	const struct chat_message *m =
		read(*state,
		     USER("\"x\"") ",{\"role\":\"assistant\",\"content\":\"a\","
				   "\"reasoning_content\":\"r1\"},"
				   "{\"role\":\"assistant\",\"content\":\"b\","
				   "\"reasoning\":\"r2\"},"
				   "{\"role\":\"assistant\",\"content\":\"c\","
				   "\"reasoning_content\":\"\"}",
		     4);

	assert_string_equal(m[1].reasoning, "r1");
	assert_string_equal(m[2].reasoning, "r2");
	assert_null(m[3].reasoning);
}

static void empty_messages_are_dropped(void **state)
{
	const struct chat_message *m = read(
		*state,
		"{\"role\":\"system\",\"content\":\"\"}," USER(
			"\"x\"") ",{\"role\":\"assistant\",\"content\":null},"
				 "{\"role\":\"assistant\"}," USER("\"y\""),
		2);

	assert_string_equal(chat_message_text(&m[1], *state), "y");
}

/* The result of a tool may be nothing; its message is needed. */
static void an_empty_tool_result_stays(void **state)
{
	read(*state,
	     USER("\"x\"") ",{\"role\":\"tool\",\"tool_call_id\":\"i\","
			   "\"content\":\"\"}",
	     2);
}

static void errors_name_the_field(void **state)
{
	static const struct {
		const char *message;
		enum error_kind kind;
		const char *param;
	} rows[] = {
		{ "7", ERROR_TYPE, "messages[1]" },
		{ "{\"content\":\"x\"}", ERROR_MISSING, "messages[1].role" },
		{ "{\"role\":\"robot\",\"content\":\"x\"}", ERROR_VALUE,
		  "messages[1].role" },
		{ "{\"role\":\"function\",\"content\":\"x\"}", ERROR_VALUE,
		  "messages[1].role" },
		{ USER("7"), ERROR_TYPE, "messages[1].content" },
		{ USER("{}"), ERROR_TYPE, "messages[1].content" },
		{ USER("\"\""), ERROR_MISSING, "messages[1].content" },
		{ USER("null"), ERROR_MISSING, "messages[1].content" },
		{ USER("[]"), ERROR_MISSING, "messages[1].content" },
		{ USER("[{\"type\":\"text\",\"text\":\"\"}]"), ERROR_MISSING,
		  "messages[1].content" },
		{ USER("[\"x\"]"), ERROR_TYPE, "messages[1].content[0]" },
		{ USER("[{\"text\":\"x\"}]"), ERROR_MISSING,
		  "messages[1].content[0].type" },
		{ USER("[{\"type\":\"text\"}]"), ERROR_TYPE,
		  "messages[1].content[0].text" },
		{ USER("[{\"type\":\"text\",\"text\":\"a\"},"
		       "{\"type\":\"input_audio\",\"input_audio\":{}}]"),
		  ERROR_UNSUPPORTED, "messages[1].content[1].type" },
		{ USER("[{\"type\":\"file\",\"file\":{}}]"), ERROR_MISSING,
		  "messages[1].content[0].file" },
		{ USER("[{\"type\":\"file\",\"file\":{\"file_data\":\"\","
		       "\"filename\":\"a\"}}]"),
		  ERROR_MISSING, "messages[1].content[0].file" },
		{ USER("[{\"type\":\"image_url\",\"image_url\":"
		       "{\"file_id\":\"\"}}]"),
		  ERROR_MISSING, "messages[1].content[0].image_url" },
		{ USER("[{\"type\":\"image_url\"}]"), ERROR_MISSING,
		  "messages[1].content[0].image_url" },
		{ "{\"role\":\"tool\",\"content\":\"x\"}", ERROR_MISSING,
		  "messages[1].tool_call_id" },
		{ "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\","
		  "\"function\":{\"name\":\"f\",\"arguments\":[1]}}]}",
		  ERROR_TYPE, "messages[1].tool_calls[0].function.arguments" },
		{ "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\","
		  "\"function\":{\"name\":\"f\",\"arguments\":true}}]}",
		  ERROR_TYPE, "messages[1].tool_calls[0].function.arguments" },
		{ "{\"role\":\"assistant\",\"tool_calls\":{}}", ERROR_TYPE,
		  "messages[1].tool_calls" },
		{ "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\"}]}",
		  ERROR_MISSING, "messages[1].tool_calls[0]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		refused(*state,
			arena_printf(*state, USER("\"x\"") ",%s",
				     rows[i].message),
			rows[i].kind, rows[i].param);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(roles_are_mapped),
		TEST(a_name_is_passed_on),
		TEST(parts_are_read_except_empty_texts),
		TEST(files_come_by_id_or_with_their_bytes),
		TEST(an_empty_text_leaves_nothing_behind),
		TEST(a_refusal_is_text),
		TEST(calls_are_kept_with_arguments_as_text),
		TEST(reasoning_has_two_names),
		TEST(empty_messages_are_dropped),
		TEST(an_empty_tool_result_stays),
		TEST(errors_name_the_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
