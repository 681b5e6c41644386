/* SPDX-License-Identifier: MIT */
/* Events written as text come back as they were. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "chat/event_log.h"
#include "chat/reply.h"
#include "chat/stream.h"
#include "tests/unit/support/event_log.h"

/* What is streamed, as text and as it should come back. */
struct fixture {
	struct arena *arena;
	struct event_log live, again;
	struct chat_reply reply;
	struct buf text;
	struct chat_stream stream;
};

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct fixture *f = ctx;

	chat_event_log_write(&f->text, event);
	chat_reply_event(&f->reply, event);
	return event->kind == CHAT_PING ? FLOW_CONTINUE :
					  event_log_event(&f->live, event);
}

/* The same of a stream that is read back. */
static bool log_again(void *log, const struct chat_event *event)
{
	return event_log_event(log, event) == FLOW_CONTINUE;
}

static struct fixture *begin(struct arena *a)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	event_log_init(&f->live, a);
	event_log_init(&f->again, a);
	chat_reply_init(&f->reply, a);
	arena_buf_init(a, &f->text, 1 << 20);
	chat_stream_init(&f->stream, a, on_event, f);
	return f;
}

static void say_all(struct chat_stream *s)
{
	struct chat_usage usage = {
		.source = CHAT_USAGE_UPSTREAM,
		.prompt = 7,
		.completion = 5,
		.cached = 2,
		.reasoning = 1,
		.cache_write = 4,
		.cache_write_1h = 3,
		.searches = 6,
	};

	chat_stream_reasoning(s, "hm\n", 3);
	chat_stream_text(s, "a \"quoted\"", 10);
	chat_stream_text(s, " \xE6\x9C\x88", 4);
	chat_stream_cite(s, "https://a.example/", "A");
	chat_stream_ping(s);
	chat_stream_reasoning(s, "again", 5);
	chat_stream_details(s, "[{\"type\":\"encrypted\"}]");
	chat_stream_text(s, "b", 1);
	chat_stream_tool(s, 0, "call_1", "f");
	chat_stream_tool_args(s, 0, "{\"x\":", 5);
	chat_stream_tool_args(s, 0, "1}", 2);
	chat_stream_tool(s, 1, "call_2", "g");
	chat_stream_usage(s, &usage);
}

static struct chat_event_reader reader_of(struct fixture *f)
{
	return (struct chat_event_reader){
		.arena = f->arena,
		.on_event = log_again,
		.ctx = &f->again,
	};
}

static void read_in_pieces(struct fixture *f, size_t cut)
{
	struct chat_event_reader r = reader_of(f);
	char *lines = arena_copy(f->arena, buf_text(&f->text));
	const char *p = lines;
	struct error e;
	bool last = false;

	for (size_t i = 0; i < cut && *p != '\0'; i++)
		p += strcspn(p, "\n") + 1;
	last = *p == '\0';
	assert_true(chat_event_log_read(
		&r, arena_copy_n(f->arena, lines, (size_t)(p - lines)), &e));
	assert_int_equal(r.ended, last);
	assert_true(chat_event_log_read(&r, p, &e));
	assert_true(r.ended);
}

static void a_stream_comes_back_in_any_two_batches(void **state)
{
	for (size_t cut = 0; cut < 24; cut++) {
		struct fixture *f = begin(*state);
		struct error e;

		say_all(&f->stream);
		assert_true(chat_stream_end(&f->stream, &e));
		read_in_pieces(f, cut);
		assert_string_equal(buf_text(&f->again.text),
				    buf_text(&f->live.text));
	}
}

static bool keep_usage(void *kept, const struct chat_event *event)
{
	struct chat_usage *u = kept;

	if (event->usage != NULL)
		*u = *event->usage;
	return true;
}

static void usage_comes_back(void **state)
{
	struct fixture *f = begin(*state);
	struct chat_usage u = { 0 };
	struct chat_event_reader r = { .arena = *state,
				       .on_event = keep_usage,
				       .ctx = &u };
	struct error e;

	say_all(&f->stream);
	assert_true(chat_stream_end(&f->stream, &e));
	assert_true(chat_event_log_read(&r, buf_text(&f->text), &e));
	assert_int_equal(u.source, CHAT_USAGE_UPSTREAM);
	assert_int_equal(u.prompt, 7);
	assert_int_equal(u.completion, 5);
	assert_int_equal(u.cached, 2);
	assert_int_equal(u.reasoning, 1);
	assert_int_equal(u.cache_write, 4);
	assert_int_equal(u.cache_write_1h, 3);
	assert_int_equal(u.searches, 6);
}

static void an_error_comes_back(void **state)
{
	struct fixture *f = begin(*state);
	struct chat_event_reader r = reader_of(f);
	struct error why, e;

	chat_stream_text(&f->stream, "half", 4);
	error_field(&why, ERROR_RATE_LIMIT, "model", "Too \"fast\".");
	chat_stream_fail(&f->stream, &why);
	assert_true(chat_event_log_read(&r, buf_text(&f->text), &e));
	assert_true(r.ended);
	assert_string_equal(buf_text(&f->again.text), buf_text(&f->live.text));
}

static void anything_else_than_a_log_is_an_error(void **state)
{
	struct fixture *f = begin(*state);
	struct chat_event_reader r = reader_of(f);
	struct error e;

	assert_false(chat_event_log_read(&r, "{\"start\":true}\n{\"op", &e));
	assert_int_equal(e.kind, ERROR_INTERNAL);
}

static bool fold(void *ctx, const struct chat_event *event)
{
	chat_reply_event(ctx, event);
	return true;
}

static void a_message_becomes_events_block_by_block(void **state)
{
	struct fixture *f = begin(*state);
	struct chat_reply *again = arena_alloc(f->arena, sizeof(*again));
	struct chat_event_reader r = {
		.arena = f->arena,
		.on_event = fold,
		.ctx = again,
	};
	struct chat_message m, n;
	struct error e;

	say_all(&f->stream);
	assert_true(chat_stream_end(&f->stream, &e));
	m = chat_reply_message(&f->reply);
	assert_int_equal(m.n_spans, 6);
	chat_reply_init(again, f->arena);
	assert_true(chat_event_log_of_message(&r, &m));
	n = chat_reply_message(again);
	assert_string_equal(n.reasoning, m.reasoning);
	assert_string_equal(chat_message_text(&n, f->arena),
			    chat_message_text(&m, f->arena));
	assert_int_equal(n.n_calls, 2);
	assert_string_equal(n.calls[0].arguments, "{\"x\":1}");
	assert_string_equal(n.calls[1].arguments, "{}");
	assert_int_equal(n.n_cited, 1);
	assert_int_equal(n.n_spans, m.n_spans);
	assert_memory_equal(n.spans, m.spans, m.n_spans * sizeof(*m.spans));
}

static bool on_any(void *ctx, const struct chat_event *event)
{
	size_t *n = ctx;

	*n += event->n;
	return true;
}

/* A reader lives as long as the reply that it follows. */
static void reading_a_long_log_uses_no_more_memory(void **state)
{
	static const char delta[] = "{\"delta\":\"word \"}\n";
	struct arena a;
	size_t n = 0;
	struct chat_event_reader r = { &a, .on_event = on_any, .ctx = &n };
	const void *blocks, *owned;
	struct error e;

	(void)state;
	arena_init(&a);
	assert_true(chat_event_log_read(
		&r, "{\"start\":true}\n{\"open\":\"text\",\"index\":0}\n", &e));
	arena_alloc(&a, 1);
	blocks = a.blocks;
	owned = a.owned;
	for (size_t i = 0; i < 1000; i++)
		assert_true(chat_event_log_read(&r, delta, &e));
	assert_int_equal(n, 5000);
	assert_ptr_equal(a.blocks, blocks);
	assert_ptr_equal(a.owned, owned);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stream_comes_back_in_any_two_batches),
		TEST(usage_comes_back),
		TEST(an_error_comes_back),
		TEST(anything_else_than_a_log_is_an_error),
		TEST(a_message_becomes_events_block_by_block),
		TEST(reading_a_long_log_uses_no_more_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
