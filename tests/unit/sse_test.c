/* SPDX-License-Identifier: MIT */
/* Server-sent events, whole and cut at every byte. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "http/sse.h"

#define LIMIT (8 * 1024 * 1024)

struct sink_of_events {
	struct buf text; /* each event as "[data]" */
	unsigned n, stop_after;
};

static enum flow on_event(void *ctx, const char *data, size_t n)
{
	struct sink_of_events *s = ctx;

	assert_int_equal(data[n], '\0');
	buf_puts(&s->text, "[");
	buf_append(&s->text, data, n);
	buf_puts(&s->text, "]");
	return ++s->n != s->stop_after ? FLOW_CONTINUE : FLOW_STOP;
}

static struct sink_of_events *new_events(struct arena *a)
{
	struct sink_of_events *s = arena_alloc(a, sizeof(*s));

	arena_buf_init(a, &s->text, 2 * LIMIT);
	return s;
}

/* Feeds a copy of exactly that size, so that the sanitizer sees a read past its
 * end, and wipes it before the next piece comes. */
static void feed(struct sse *p, const char *bytes, size_t n,
		 struct sink_of_events *s)
{
	char *copy = malloc(n == 0 ? 1 : n);
	struct error e;

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	assert_int_equal(sse_feed(p, copy, n, on_event, s, &e), FLOW_CONTINUE);
	memset(copy, '#', n);
	free(copy);
}

static const struct {
	const char *stream, *events;
} streams[] = {
	{ "data: a\n\n", "[a]" },
	{ "data:a\n\ndata: b\n\n", "[a][b]" },
	{ "data: a\r\n\r\ndata: b\r\n\r\n", "[a][b]" },
	{ "data: a\r\rdata: b\r\r", "[a][b]" },
	{ "data: a\r\n\ndata: b\n\r\ndata: c\r\n\r", "[a][b][c]" },
	{ "data: a\r\ndata: b\r\n\r\n", "[a\nb]" },
	{ "data: one\ndata: two\ndata:\ndata: four\n\n", "[one\ntwo\n\nfour]" },
	{ "data\n\n", "[]" },
	{ "data:\n\n", "[]" },
	{ "data\ndata\n\n", "[\n]" },
	{ "data:  two blanks\n\n", "[ two blanks]" },
	{ ": comment\n\ndata: a\n: another\ndata: b\n\n", "[a\nb]" },
	{ ":\n\n\n\n", "" },
	{ "event: x\nid: 1\nretry: 5\ndata: a\n\nevent: y\n\n", "[a]" },
	{ "database: no\ndat: no\n data: no\nDATA: no\n\n", "" },
	{ "data: {\"a\":\"b: c\"}\n\n", "[{\"a\":\"b: c\"}]" },
	{ "data: \xE4\xBD\xA0\xF0\x9F\x91\x8D\n\n",
	  "[\xE4\xBD\xA0\xF0\x9F\x91\x8D]" },
	{ "data: a\n\n{\"error\":1}\n\n", "[a][{\"error\":1}]" },
	{ "{\"a\":1}\n{\"b\":2}\n\n", "[{\"a\":1}\n{\"b\":2}]" },
	{ "data: whole\n\ndata: cut off", "[whole]" },
	{ "data: whole\n\ndata: no empty line\n", "[whole]" },
};

static void every_stream_gives_its_events_at_every_cut(void **state)
{
	for (size_t i = 0; i < COUNT(streams); i++) {
		const char *bytes = streams[i].stream;
		size_t n = strlen(bytes);

		for (size_t cut = 0; cut <= n; cut++) {
			struct sink_of_events *s = new_events(*state);
			struct sse p;

			sse_init(&p, "The peer");
			feed(&p, bytes, cut, s);
			feed(&p, bytes + cut, n - cut, s);
			sse_fini(&p);
			assert_string_equal(buf_text(&s->text),
					    streams[i].events);
		}
	}
}

static void every_stream_gives_its_events_byte_by_byte(void **state)
{
	for (size_t i = 0; i < COUNT(streams); i++) {
		struct sink_of_events *s = new_events(*state);
		struct sse p;

		sse_init(&p, "The peer");
		for (const char *c = streams[i].stream; *c != '\0'; c++)
			feed(&p, c, 1, s);
		sse_fini(&p);
		assert_string_equal(buf_text(&s->text), streams[i].events);
	}
}

/* Were each line to look at all that follows, this would take hours. */
static void many_short_lines_take_no_longer_than_a_long_one(void **state)
{
	struct sink_of_events *s = new_events(*state);
	char *lines = malloc(LIMIT);

	assert_non_null(lines);
	for (const char *end = "\r\n"; *end != '\0'; end++) {
		struct sse p;

		memset(lines, *end, LIMIT);
		sse_init(&p, "The peer");
		feed(&p, lines, LIMIT, s);
		feed(&p, "data: a\n\n", 9, s);
		sse_fini(&p);
	}
	free(lines);
	assert_string_equal(buf_text(&s->text), "[a][a]");
}

static void an_event_is_delivered_as_soon_as_it_is_complete(void **state)
{
	struct sink_of_events *s = new_events(*state);
	struct sse p;

	sse_init(&p, "The peer");
	feed(&p, "data: a\r\n\r", 10, s);
	assert_int_equal(s->n, 1);
	feed(&p, "\ndata: b\n\n", 10, s);
	assert_int_equal(s->n, 2);
	sse_fini(&p);
}

static void a_refused_event_stops_the_parser(void **state)
{
	static const char bytes[] = "data: a\n\ndata: b\n\ndata: c\n\n";
	struct sink_of_events *s = new_events(*state);
	struct error e = { .kind = ERROR_CLIENT_GONE };
	struct sse p;

	s->stop_after = 2;
	sse_init(&p, "The peer");
	assert_int_equal(sse_feed(&p, bytes, strlen(bytes), on_event, s, &e),
			 FLOW_STOP);
	sse_fini(&p);
	assert_string_equal(buf_text(&s->text), "[a][b]");
	assert_int_equal(e.kind, ERROR_CLIENT_GONE);
}

static void fill(struct sse *p, const char *line, size_t times,
		 struct sink_of_events *s, struct error *e, bool *ok)
{
	for (size_t i = 0; *ok && i < times; i++)
		*ok = sse_feed(p, line, strlen(line), on_event, s, e) ==
		      FLOW_CONTINUE;
}

static void an_endless_line_is_an_error(void **state)
{
	struct sink_of_events *s = new_events(*state);
	char *block = arena_alloc(*state, 65537);
	struct error e = { 0 };
	bool ok = true;
	struct sse p;

	memset(block, 'x', 65536);
	sse_init(&p, "The peer");
	fill(&p, block, LIMIT / 65536, s, &e, &ok);
	assert_true(ok);
	fill(&p, block, 1, s, &e, &ok);
	assert_false(ok);
	assert_error(&e, ERROR_UPSTREAM, "");
	sse_fini(&p);
}

static void an_event_of_too_many_lines_is_an_error(void **state)
{
	struct sink_of_events *s = new_events(*state);
	char *line = arena_alloc(*state, 65537 + 6);
	struct error e = { 0 };
	bool ok = true;
	struct sse p;

	memset(line, 'x', 65536 + 5);
	memcpy(line, "data:", 5);
	line[65536 + 5] = '\n';
	sse_init(&p, "The peer");
	fill(&p, line, LIMIT / 65536 + 1, s, &e, &ok);
	assert_false(ok);
	assert_error(&e, ERROR_UPSTREAM, "");
	sse_fini(&p);
}

static void a_large_event_within_the_limit_is_delivered(void **state)
{
	struct sink_of_events *s = new_events(*state);
	size_t n = 5 + LIMIT - 10;
	char *line = arena_alloc(*state, n + 1);
	struct error e = { 0 };
	struct sse p;

	memset(line, 'x', n);
	memcpy(line, "data:", 5);
	sse_init(&p, "The peer");
	assert_int_equal(sse_feed(&p, line, n, on_event, s, &e), FLOW_CONTINUE);
	assert_int_equal(sse_feed(&p, "\n\n", 2, on_event, s, &e),
			 FLOW_CONTINUE);
	assert_int_equal(s->text.len, n - 5 + 2);
	sse_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_stream_gives_its_events_at_every_cut),
		TEST(every_stream_gives_its_events_byte_by_byte),
		TEST(many_short_lines_take_no_longer_than_a_long_one),
		TEST(an_event_is_delivered_as_soon_as_it_is_complete),
		TEST(a_refused_event_stops_the_parser),
		TEST(an_endless_line_is_an_error),
		TEST(an_event_of_too_many_lines_is_an_error),
		TEST(a_large_event_within_the_limit_is_delivered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
