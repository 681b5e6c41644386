/* SPDX-License-Identifier: MIT */
/* The neutral model: replies, transcripts, call ids, checks. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "chat/call_id.h"
#include "chat/tool_result_check.h"
#include "chat/reply.h"
#include "chat/stream.h"
#include "chat/file.h"
#include "chat/transcript.h"

static enum flow to_reply(void *ctx, const struct chat_event *event)
{
	chat_reply_event(ctx, event);
	return FLOW_CONTINUE;
}

static struct chat_reply *reply_new(struct arena *a)
{
	struct chat_reply *r = arena_alloc(a, sizeof(*r));

	chat_reply_init(r, a);
	return r;
}

static void say_much(struct chat_stream *s, int calls)
{
	chat_stream_cite(s, "u", "T");
	chat_stream_reasoning(s, "hm", 2);
	chat_stream_text(s, "tex", 3);
	chat_stream_text(s, "t", 1);
	for (int i = 0; i < calls; i++) {
		char id[3] = { 'i', (char)('0' + i), '\0' };

		chat_stream_tool(s, (unsigned)i, id, "f");
		chat_stream_tool_args(s, (unsigned)i, id, 2);
	}
}

static void a_reply_is_its_events_folded(void **state)
{
	struct chat_reply *r = reply_new(*state);
	struct chat_stream s;
	struct error e;

	chat_stream_init(&s, *state, to_reply, r);
	say_much(&s, 9);
	assert_true(r->started && !r->finished);
	assert_true(chat_stream_end(&s, &e));
	assert_true(r->finished && !r->overflow);
	assert_string_equal(buf_text(&r->text), "text");
	assert_string_equal(buf_text(&r->reasoning), "hm");
	assert_int_equal(r->n_cited, 1);
	assert_int_equal(r->cited[0].offset, 3);
	assert_int_equal(r->finish, CHAT_FINISH_CALLS);
	assert_int_equal(r->n_calls, 9);
	for (size_t i = 0; i < r->n_calls; i++)
		assert_string_equal(r->calls[i].arguments, r->calls[i].id);
}

static void a_reply_has_one_limit_for_all_of_it(void **state)
{
	const size_t mib = 1024 * 1024;
	char *text = arena_alloc(*state, mib);
	struct chat_reply *r = reply_new(*state);
	struct chat_stream s;

	memset(text, 'x', mib);
	chat_stream_init(&s, *state, to_reply, r);
	for (int i = 0; i < 15; i++)
		chat_stream_reasoning(&s, text, mib);
	for (int i = 0; i < 15; i++)
		chat_stream_text(&s, text, mib);
	chat_stream_tool(&s, 0, "a", "f");
	for (int i = 0; i < 2; i++)
		chat_stream_tool_args(&s, 0, text, mib);
	assert_false(r->overflow);
	assert_int_equal(r->size, 32 * mib);
	chat_stream_text(&s, "x", 1);
	assert_true(r->overflow);
}

static void a_reply_becomes_a_message(void **state)
{
	struct chat_reply *r = reply_new(*state);
	struct chat_message m = chat_reply_message(r);
	struct chat_stream s;
	struct error e;

	assert_int_equal(m.role, CHAT_ASSISTANT);
	assert_int_equal(m.n_parts + m.n_calls, 0);
	assert_null(m.reasoning);
	chat_stream_init(&s, *state, to_reply, r);
	say_much(&s, 1);
	chat_stream_end(&s, &e);
	m = chat_reply_message(r);
	assert_string_equal(chat_message_text(&m, *state), "text");
	assert_string_equal(m.reasoning, "hm");
	assert_string_equal(m.calls[0].arguments, "i0");
}

static const char *transcript_of(struct arena *a, const char *messages)
{
	struct chat_request r =
		decode(a, arena_printf(a, "{\"model\":\"m\",\"messages\":[%s]}",
				       messages));

	return chat_transcript(r.messages, r.n_messages, a);
}

#define USER "{\"role\":\"user\",\"content\":\"Hi\"}"

static void one_user_message_is_its_own_text(void **state)
{
	assert_string_equal(transcript_of(*state, USER), "Hi");
}

static void several_messages_are_headed_by_their_roles(void **state)
{
	const char *t = transcript_of(
		*state,
		"{\"role\":\"system\",\"content\":\"Be brief.\"}," USER
		",{\"role\":\"assistant\",\"content\":\"Hello\"},"
		"{\"role\":\"user\",\"name\":\"Ann\",\"content\":\"Bye\"}");

	assert_string_equal(t, "system: Be brief.\n\nuser: Hi\n\n"
			       "assistant: Hello\n\nuser (Ann): Bye");
}

static void a_single_message_of_another_role_shows_its_role(void **state)
{
	assert_string_equal(
		transcript_of(*state,
			      "{\"role\":\"system\",\"content\":\"x\"}"),
		"system: x");
}

static void files_are_named_in_a_transcript(void **state)
{
	static const struct chat_file file = { .name = "a.png" };
	const struct chat_part parts[] = {
		{ .kind = CHAT_PART_TEXT, .text = "See" },
		{ .kind = CHAT_PART_IMAGE, .file = &file },
	};
	struct chat_message m[] = {
		{ .role = CHAT_USER, .parts = parts, .n_parts = 2 },
		{ .role = CHAT_USER, .parts = parts + 1, .n_parts = 1 },
	};

	assert_string_equal(chat_transcript(m, 2, *state),
			    "user: See\n[attached a.png]\n\n"
			    "user: \n[attached a.png]");
	/* One message alone has its files beside it, but never says nothing. */
	assert_string_equal(chat_transcript(m, 1, *state), "See");
	assert_string_equal(chat_transcript(m + 1, 1, *state),
			    "[attached a.png]");
}

static void calls_appear_in_a_transcript(void **state)
{
	const char *t = transcript_of(
		*state,
		USER ",{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"i\","
		     "\"function\":{\"name\":\"f\",\"arguments\":"
		     "\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\","
		     "\"tool_call_id\":\"i\",\"content\":\"42\"}");

	assert_contains(t, "f");
	assert_contains(t, "{\"a\":1}");
	assert_contains(t, "tool: 42");
}

static void call_ids_can_be_unwrapped_without_a_table(void **state)
{
	static const char *const ids[] = {
		"functions.get_weather:0",
		"get_weather_0",
		"a",
		"-",
		"_",
		"call_x",
		"\xE5\x8C\x97\xE4\xBA\xAC:1",
		"a b\"c\\d/e",
	};

	for (size_t i = 0; i < COUNT(ids); i++) {
		const char *id = call_id_wrap(*state, ids[i]);

		assert_memory_equal(id, "call_", 5);
		assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz"
					    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789_-"),
				 strlen(id));
		assert_string_equal(call_id_unwrap(*state, id), ids[i]);
		assert_string_not_equal(call_id_wrap(*state, ids[i]), id);
	}
}

static void foreign_call_ids_stay_as_they_are(void **state)
{
	static const char *const ids[] = {
		"",
		"call_",
		"call_abc",
		"call_abcdefghijkl",
		"call_abcdefghijkl_",
		"call_abcdefghijkl-x",
		"call_abcdefghij.l_x",
		"call_abcdefghijkl_a-g0",
		"call_abcdefghijkl_a-4",
		"call_abcdefghijkl_a-",
		"toolu_abcdefghijkl_abc",
		"functions.f:0",
		"call_0a1b2c3d4e5f6a7b8c9d0e1f",
	};

	for (size_t i = 0; i < COUNT(ids); i++)
		assert_string_equal(call_id_unwrap(*state, ids[i]), ids[i]);
}

#define ASKS(id)                                                               \
	"{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"" id                \
	"\",\"function\":{\"name\":\"f\"}}]}"
#define ANSWERS(id)                                                            \
	"{\"role\":\"tool\",\"content\":\"x\",\"tool_call_id\":\"" id "\"}"

static void a_tool_result_must_belong_to_the_call_before_it(void **state)
{
	static const struct {
		const char *messages;
		const char *param; /* NULL: fine */
	} rows[] = {
		{ USER, NULL },
		{ USER "," ASKS("a") "," ANSWERS("a"), NULL },
		{ USER "," ASKS("a") "," ANSWERS("a") "," ANSWERS("a"), NULL },
		{ USER "," ANSWERS("a"), "messages[1].tool_call_id" },
		{ ANSWERS("a"), "messages[0].tool_call_id" },
		{ USER "," ASKS("a") "," ANSWERS("b"),
		  "messages[2].tool_call_id" },
		{ USER "," ASKS("a") "," USER "," ANSWERS("a"),
		  "messages[3].tool_call_id" },
		{ USER "," ASKS("a") "," ASKS("b") "," ANSWERS("a"),
		  "messages[3].tool_call_id" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r = decode(
			*state,
			arena_printf(*state,
				     "{\"model\":\"m\",\"messages\":[%s]}",
				     rows[i].messages));
		struct error e = { .kind = ERROR_KINDS };

		assert_int_equal(chat_tool_result_check(*state, &r, 0, true,
							"input", &e),
				 rows[i].param == NULL);
		if (rows[i].param != NULL)
			assert_error(&e, ERROR_VALUE, rows[i].param);
	}
}

/* Where messages are put in order afterwards (chat_unanswered_calls_fill). */
static void other_dialects_allow_results_to_come_later(void **state)
{
	static const struct {
		const char *messages, *param;
	} rows[] = {
		{ ASKS("a") "," USER "," ANSWERS("a"), NULL },
		{ ASKS("a") "," ASKS("b") "," ANSWERS("a"),
		  "messages[2].tool_call_id" },
		{ ASKS("a") "," USER "," ANSWERS("b"),
		  "messages[2].tool_call_id" },
		{ USER "," ANSWERS("a"), "messages[1].tool_call_id" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r = decode(
			*state,
			arena_printf(*state,
				     "{\"model\":\"m\",\"messages\":[%s]}",
				     rows[i].messages));
		struct error e = { .kind = ERROR_KINDS };

		assert_int_equal(chat_tool_result_check(*state, &r, 0, false,
							"input", &e),
				 rows[i].param == NULL);
		if (rows[i].param != NULL)
			assert_error(&e, ERROR_VALUE, rows[i].param);
	}
}

/* The client cannot correct what is stored. */
static void stored_results_are_not_checked(void **state)
{
	struct chat_request r =
		decode(*state, "{\"model\":\"m\",\"messages\":[" ANSWERS(
				       "a") "," USER "," ANSWERS("b") "]}");
	struct error e = { .kind = ERROR_KINDS };

	assert_false(chat_tool_result_check(*state, &r, 1, true, "input", &e));
	assert_error(&e, ERROR_VALUE, "messages[2].tool_call_id");
	assert_true(chat_tool_result_check(*state, &r, 3, true, "input", &e));
}

static void a_result_that_was_not_sent_has_no_name_of_its_own(void **state)
{
	const struct chat_message result = { .role = CHAT_TOOL,
					     .call_id = "a" };
	const struct chat_request r = { .messages = &result, .n_messages = 1 };
	struct error e = { .kind = ERROR_KINDS };

	(void)state;
	assert_false(chat_tool_result_check(*state, &r, 0, true, "input", &e));
	assert_error(&e, ERROR_VALUE, "input");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reply_is_its_events_folded),
		TEST(a_reply_has_one_limit_for_all_of_it),
		TEST(a_reply_becomes_a_message),
		TEST(one_user_message_is_its_own_text),
		TEST(several_messages_are_headed_by_their_roles),
		TEST(a_single_message_of_another_role_shows_its_role),
		TEST(files_are_named_in_a_transcript),
		TEST(calls_appear_in_a_transcript),
		TEST(call_ids_can_be_unwrapped_without_a_table),
		TEST(foreign_call_ids_stay_as_they_are),
		TEST(a_tool_result_must_belong_to_the_call_before_it),
		TEST(other_dialects_allow_results_to_come_later),
		TEST(stored_results_are_not_checked),
		TEST(a_result_that_was_not_sent_has_no_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
