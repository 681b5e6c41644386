/* SPDX-License-Identifier: MIT */
/* The grammar of events, from whatever an adapter says. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>

#include "chat/stream.h"
#include "tests/unit/support/event_log.h"

struct fixture {
	struct event_log log;
	struct chat_stream stream;
};

static struct fixture *begin(struct arena *a)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	event_log_init(&f->log, a);
	chat_stream_init(&f->stream, a, event_log_event, &f->log);
	return f;
}

static bool text(struct fixture *f, const char *s)
{
	return chat_stream_text(&f->stream, s, strlen(s));
}

static bool think(struct fixture *f, const char *s)
{
	return chat_stream_reasoning(&f->stream, s, strlen(s));
}

static bool args(struct fixture *f, unsigned call, const char *s)
{
	return chat_stream_tool_args(&f->stream, call, s, strlen(s));
}

static void ends_as(struct fixture *f, const char *expected)
{
	struct error e;

	assert_true(chat_stream_end(&f->stream, &e));
	assert_string_equal(buf_text(&f->log.text), expected);
}

static void a_text_is_one_block(void **state)
{
	struct fixture *f = begin(*state);

	assert_true(text(f, "Hel"));
	assert_true(text(f, ""));
	assert_true(text(f, "lo"));
	ends_as(f, "start open0:text delta0:Hel delta0:lo close0 finish:stop");
}

static void an_empty_reply_starts_and_finishes(void **state)
{
	ends_as(begin(*state), "start finish:stop");
}

static void a_new_kind_closes_the_block_before(void **state)
{
	struct fixture *f = begin(*state);

	think(f, "a");
	text(f, "b");
	think(f, "c");
	ends_as(f, "start open0:reasoning delta0:a close0 "
		   "open1:text delta1:b close1 "
		   "open2:reasoning delta2:c close2 finish:stop");
}

static void fragments_of_one_call_join(void **state)
{
	struct fixture *f = begin(*state);

	text(f, "x");
	chat_stream_tool(&f->stream, 0, "id0", "get");
	args(f, 0, "{\"a\"");
	chat_stream_tool(&f->stream, 0, "id0", "get");
	args(f, 0, ":1}");
	ends_as(f, "start open0:text delta0:x close0 "
		   "open1:call0(id0,get) delta1:{\"a\" delta1::1} close1 "
		   "finish:tool_calls");
}

static void interleaved_calls_come_one_after_the_other(void **state)
{
	struct fixture *f = begin(*state);

	chat_stream_tool(&f->stream, 0, "i0", "a");
	chat_stream_tool(&f->stream, 1, "i1", "b");
	args(f, 1, "{1");
	args(f, 0, "{0");
	args(f, 1, "}");
	args(f, 0, "}");
	ends_as(f, "start open0:call0(i0,a) delta0:{0 delta0:} close0 "
		   "open1:call1(i1,b) delta1:{1} close1 finish:tool_calls");
}

static void three_calls_keep_the_order_of_appearance(void **state)
{
	struct fixture *f = begin(*state);

	chat_stream_tool(&f->stream, 7, "i7", "a");
	chat_stream_tool(&f->stream, 3, "i3", "b");
	chat_stream_tool(&f->stream, 5, "i5", "c");
	args(f, 5, "5");
	args(f, 3, "3");
	args(f, 7, "7");
	ends_as(f, "start open0:call0(i7,a) delta0:7 close0 "
		   "open1:call1(i3,b) delta1:3 close1 "
		   "open2:call2(i5,c) delta2:5 close2 finish:tool_calls");
}

static void a_call_without_arguments_gets_an_empty_object(void **state)
{
	struct fixture *f = begin(*state);

	chat_stream_tool(&f->stream, 0, "i", "n");
	ends_as(f, "start open0:call0(i,n) delta0:{} close0 "
		   "finish:tool_calls");
}

static void blank_arguments_are_none(void **state)
{
	struct fixture *f = begin(*state);

	chat_stream_tool(&f->stream, 0, "i", "n");
	args(f, 0, " \n");
	chat_stream_tool(&f->stream, 1, "j", "m");
	args(f, 1, "\t");
	args(f, 1, " {}");
	ends_as(f, "start open0:call0(i,n) delta0:{} close0 "
		   "open1:call1(j,m) delta1:{} close1 finish:tool_calls");
}

static void arguments_without_a_call_are_an_error(void **state)
{
	struct fixture *f = begin(*state);
	struct error e = { 0 };

	args(f, 4, "{}");
	text(f, "x");
	assert_false(chat_stream_end(&f->stream, &e));
	assert_error(&e, ERROR_UPSTREAM, "");
	assert_lacks(buf_text(&f->log.text), "finish");
}

static void arguments_after_the_end_of_a_call_are_an_error(void **state)
{
	struct fixture *f = begin(*state);
	struct error e = { 0 };

	chat_stream_tool(&f->stream, 0, "i", "n");
	args(f, 0, "{");
	text(f, "between");
	args(f, 0, "}");
	assert_false(chat_stream_end(&f->stream, &e));
	assert_error(&e, ERROR_UPSTREAM, "");
	assert_lacks(buf_text(&f->log.text), "finish");
}

static void one_call_drops_all_but_the_first(void **state)
{
	struct fixture *f = begin(*state);

	f->stream.one_call = true;
	chat_stream_tool(&f->stream, 0, "i0", "a");
	chat_stream_tool(&f->stream, 1, "i1", "b");
	args(f, 1, "{1}");
	args(f, 0, "{0}");
	ends_as(f, "start open0:call0(i0,a) delta0:{0} close0 "
		   "finish:tool_calls");
}

static void a_citation_waits_for_text(void **state)
{
	struct fixture *f = begin(*state);

	chat_stream_cite(&f->stream, "u1", "One");
	think(f, "hm");
	chat_stream_cite(&f->stream, "u2", NULL);
	text(f, "\xE4\xBD\xA0!");
	chat_stream_cite(&f->stream, "u3", "Three");
	text(f, ".");
	ends_as(f, "start open0:reasoning delta0:hm close0 "
		   "open1:text delta1:\xE4\xBD\xA0! cite:u1(One)@2 cite:u2()@2 "
		   "cite:u3(Three)@2 delta1:. close1 finish:stop");
}

static void the_same_url_is_cited_once(void **state)
{
	struct fixture *f = begin(*state);

	text(f, "x");
	chat_stream_cite(&f->stream, "u", "T");
	chat_stream_cite(&f->stream, "u", "other");
	chat_stream_cite(&f->stream, "", "none");
	chat_stream_cite(&f->stream, NULL, "none");
	ends_as(f, "start open0:text delta0:x cite:u(T)@1 close0 finish:stop");
}

static void citations_without_text_are_not_sent(void **state)
{
	struct fixture *f = begin(*state);

	chat_stream_cite(&f->stream, "u", "T");
	ends_as(f, "start finish:stop");
}

static void a_citation_waits_for_a_whole_character(void **state)
{
	struct fixture *f = begin(*state);

	chat_stream_cite(&f->stream, "u", "T");
	text(f, "\xE4\xBD");
	text(f, "\xA0");
	ends_as(f, "start open0:text delta0:\xE4\xBD\xA0 cite:u(T)@1 close0 "
		   "finish:stop");
}

static void a_cut_character_is_held_back(void **state)
{
	struct fixture *f = begin(*state);

	text(f, "a\xF0\x9F");
	assert_string_equal(buf_text(&f->log.text),
			    "start open0:text delta0:a");
	text(f, "\x91");
	text(f, "\x8D"
		"b");
	ends_as(f, "start open0:text delta0:a delta0:\xF0\x9F\x91\x8D "
		   "delta0:b close0 finish:stop");
}

/* The deltas joined, which must not depend on the cuts. */
static char *deltas(struct arena *a, const char *log)
{
	char *out = arena_alloc(a, strlen(log) + 1), *p = out;

	while ((log = strstr(log, "delta0:")) != NULL) {
		size_t n = strcspn(log += 7, " ");

		memcpy(p, log, n);
		p += n;
	}
	return out;
}

/* Models write line breaks into strings as they are. */
static void control_characters_in_arguments_are_escaped(void **state)
{
	static const char raw[] =
		"{\n\"a\t\\\"\":\n\"\\\\\",\"b\":\"\x01\n\"\n}";

	for (size_t cut = 0; cut < sizeof(raw); cut++) {
		struct fixture *f = begin(*state);

		chat_stream_tool(&f->stream, 0, "i", "n");
		chat_stream_tool_args(&f->stream, 0, raw, cut);
		chat_stream_tool_args(&f->stream, 0, raw + cut,
				      sizeof(raw) - 1 - cut);
		assert_string_equal(deltas(*state, buf_text(&f->log.text)),
				    "{\n\"a\\u0009\\\"\":\n\"\\\\\",\"b\":"
				    "\"\\u0001\\u000a\"\n}");
	}
}

static void characters_stay_whole_at_every_cut(void **state)
{
	static const char s[] = "e\xCC\x81\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x91\x8D"
				"\xF0\x9F\x8F\xBD.";
	struct error e;

	for (size_t i = 0; i < sizeof(s) - 1; i++)
		for (size_t j = i; j < sizeof(s) - 1; j++) {
			struct fixture *f = begin(*state);

			chat_stream_text(&f->stream, s, i);
			chat_stream_text(&f->stream, s + i, j - i);
			chat_stream_text(&f->stream, s + j, sizeof(s) - 1 - j);
			assert_true(chat_stream_end(&f->stream, &e));
			assert_string_equal(
				deltas(*state, buf_text(&f->log.text)), s);
		}
}

static void arguments_are_cut_at_characters_too(void **state)
{
	struct fixture *f = begin(*state);

	chat_stream_tool(&f->stream, 0, "i", "n");
	args(f, 0, "\"\xE4");
	args(f, 0, "\xBD");
	args(f, 0, "\xA0\"");
	ends_as(f, "start open0:call0(i,n) delta0:\" delta0:\xE4\xBD\xA0 "
		   "delta0:\" close0 finish:tool_calls");
}

static void a_character_that_never_ends_is_replaced(void **state)
{
	struct fixture *f = begin(*state);

	text(f, "a\xE4\xBD");
	ends_as(f, "start open0:text delta0:a delta0:\xEF\xBF\xBD close0 "
		   "finish:stop");
}

static void the_finish_reason_follows_the_facts(void **state)
{
	static const struct {
		bool calls, says;
		enum chat_finish said, expected;
	} rows[] = {
		{ false, false, CHAT_FINISH_STOP, CHAT_FINISH_STOP },
		{ false, true, CHAT_FINISH_LENGTH, CHAT_FINISH_LENGTH },
		{ false, true, CHAT_FINISH_FILTER, CHAT_FINISH_FILTER },
		{ true, false, CHAT_FINISH_STOP, CHAT_FINISH_CALLS },
		{ true, true, CHAT_FINISH_STOP, CHAT_FINISH_CALLS },
		{ true, true, CHAT_FINISH_LENGTH, CHAT_FINISH_LENGTH },
		{ true, true, CHAT_FINISH_FILTER, CHAT_FINISH_FILTER },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture *f = begin(*state);
		struct error e;
		char end[32];

		if (rows[i].calls)
			chat_stream_tool(&f->stream, 0, "i", "n");
		if (rows[i].says)
			chat_stream_finish_reason(&f->stream, rows[i].said);
		assert_true(chat_stream_end(&f->stream, &e));
		snprintf(end, sizeof(end), "finish:%s",
			 chat_finish_name(rows[i].expected));
		assert_contains(buf_text(&f->log.text), end);
	}
}

/* Kimi says "tool_calls" without calls only when it is broken. */
static void calls_that_never_came_are_no_reason_to_finish(void **state)
{
	struct fixture *f = begin(*state);

	text(f, "x");
	chat_stream_finish_reason(&f->stream, CHAT_FINISH_CALLS);
	ends_as(f, "start open0:text delta0:x close0 finish:stop");
}

static enum flow keep_usage(void *ctx, const struct chat_event *event)
{
	if (event->kind == CHAT_FINISH)
		*(struct chat_usage *)ctx = *event->usage;
	return FLOW_CONTINUE;
}

static void the_last_usage_is_sent_at_the_end(void **state)
{
	struct chat_usage first = { .source = CHAT_USAGE_UPSTREAM,
				    .prompt = 1,
				    .completion = 2 };
	struct chat_usage last = { .source = CHAT_USAGE_UPSTREAM,
				   .prompt = 10,
				   .completion = 20,
				   .cached = 5,
				   .reasoning = 6 };
	struct chat_usage told = { 0 };
	struct chat_stream s;
	struct error e;

	chat_stream_init(&s, *state, keep_usage, &told);
	chat_stream_usage(&s, &first);
	chat_stream_text(&s, "x", 1);
	chat_stream_usage(&s, &last);
	assert_true(chat_stream_end(&s, &e));
	assert_memory_equal(&told, &last, sizeof(told));
}

static void setting_half_a_bookmark_leaves_the_other_half(void **state)
{
	struct fixture *f = begin(*state);

	chat_stream_bookmark(&f->stream, "chat", NULL);
	chat_stream_bookmark(&f->stream, NULL, "message");
	assert_string_equal(f->stream.bookmark.chat, "chat");
	assert_string_equal(f->stream.bookmark.message, "message");
}

static void an_error_may_come_before_the_start(void **state)
{
	struct fixture *f = begin(*state);
	struct error e;

	error_set(&e, ERROR_UPSTREAM, "broken");
	assert_true(chat_stream_fail(&f->stream, &e));
	assert_string_equal(buf_text(&f->log.text), "error:upstream");
}

static void an_error_may_cut_a_block(void **state)
{
	struct fixture *f = begin(*state);
	struct error e;

	error_set(&e, ERROR_TIMEOUT, "silent");
	text(f, "x");
	assert_true(chat_stream_fail(&f->stream, &e));
	assert_string_equal(buf_text(&f->log.text),
			    "start open0:text delta0:x error:timeout");
}

static void a_ping_may_come_anywhere(void **state)
{
	struct fixture *f = begin(*state);

	assert_true(chat_stream_ping(&f->stream));
	text(f, "x");
	assert_true(chat_stream_ping(&f->stream));
	ends_as(f, "ping start open0:text delta0:x ping close0 finish:stop");
}

/* After each number of events: the adapter hears of it at once. */
static void the_adapter_learns_that_the_listener_left(void **state)
{
	for (unsigned n = 1; n <= 3; n++) {
		struct fixture *f = begin(*state);

		f->log.stop_after = n;
		assert_false(text(f, "x"));
		assert_int_equal(f->log.seen, n);
	}
}

static void a_listener_that_left_gets_no_finish(void **state)
{
	struct fixture *f = begin(*state);
	struct error e = { .kind = ERROR_CLIENT_GONE };

	f->log.stop_after = 4;
	assert_true(text(f, "x"));
	assert_false(chat_stream_end(&f->stream, &e));
	assert_string_equal(buf_text(&f->log.text),
			    "start open0:text delta0:x close0");
	assert_int_equal(e.kind, ERROR_CLIENT_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_text_is_one_block),
		TEST(an_empty_reply_starts_and_finishes),
		TEST(a_new_kind_closes_the_block_before),
		TEST(fragments_of_one_call_join),
		TEST(interleaved_calls_come_one_after_the_other),
		TEST(three_calls_keep_the_order_of_appearance),
		TEST(a_call_without_arguments_gets_an_empty_object),
		TEST(blank_arguments_are_none),
		TEST(control_characters_in_arguments_are_escaped),
		TEST(arguments_without_a_call_are_an_error),
		TEST(arguments_after_the_end_of_a_call_are_an_error),
		TEST(one_call_drops_all_but_the_first),
		TEST(a_citation_waits_for_text),
		TEST(the_same_url_is_cited_once),
		TEST(citations_without_text_are_not_sent),
		TEST(a_citation_waits_for_a_whole_character),
		TEST(a_cut_character_is_held_back),
		TEST(characters_stay_whole_at_every_cut),
		TEST(arguments_are_cut_at_characters_too),
		TEST(a_character_that_never_ends_is_replaced),
		TEST(the_finish_reason_follows_the_facts),
		TEST(calls_that_never_came_are_no_reason_to_finish),
		TEST(the_last_usage_is_sent_at_the_end),
		TEST(setting_half_a_bookmark_leaves_the_other_half),
		TEST(an_error_may_come_before_the_start),
		TEST(an_error_may_cut_a_block),
		TEST(a_ping_may_come_anywhere),
		TEST(the_adapter_learns_that_the_listener_left),
		TEST(a_listener_that_left_gets_no_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
