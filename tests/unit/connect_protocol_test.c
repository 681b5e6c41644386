/* SPDX-License-Identifier: MIT */
/* Connect envelopes, whole and cut at every byte. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "http/connect_protocol.h"

#define LIMIT (8 * 1024 * 1024)

#define HEAD(flag, a, b, c, d) flag a b c d
#define SMALL(flag, n) HEAD(flag, "\0", "\0", "\0", n)
#define BYTES(text) text, sizeof(text) - 1

struct sink_of_frames {
	struct buf text; /* a message as "[…]", an end "<…>", a trailer "(…)" */
	unsigned n, stop_after;
};

static enum flow on_frame(void *ctx, enum connect_protocol_frame kind,
			  const char *body, size_t n)
{
	static const char *const marks[] = {
		[CONNECT_PROTOCOL_MESSAGE] = "[]",
		[CONNECT_PROTOCOL_END] = "<>",
		[CONNECT_PROTOCOL_TRAILER] = "()",
	};
	struct sink_of_frames *s = ctx;

	assert_int_equal(body[n], '\0');
	buf_append(&s->text, marks[kind], 1);
	buf_append(&s->text, body, n);
	buf_append(&s->text, marks[kind] + 1, 1);
	return ++s->n != s->stop_after ? FLOW_CONTINUE : FLOW_STOP;
}

static struct sink_of_frames *new_frames(struct arena *a)
{
	struct sink_of_frames *s = arena_alloc(a, sizeof(*s));

	arena_buf_init(a, &s->text, 2 * LIMIT);
	return s;
}

/* Feeds a copy of exactly that size, so that the sanitizer sees a read past its
 * end, and wipes it before the next piece comes. */
static enum flow feed(struct connect_protocol *p, const char *bytes, size_t n,
		      struct sink_of_frames *s, struct error *e)
{
	char *copy = malloc(n == 0 ? 1 : n);
	enum flow flow;

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	flow = connect_protocol_feed(p, copy, n, on_frame, s, e);
	memset(copy, '#', n);
	free(copy);
	return flow;
}

static const struct {
	const char *bytes;
	size_t n;
	const char *frames;
	bool bad;
} streams[] = {
	{ BYTES(""), "", false },
	{ BYTES(SMALL("\0", "\x10") "{\"heartbeat\":{}}"),
	  "[{\"heartbeat\":{}}]", false },
	{ BYTES(SMALL("\0", "\2") "{}" SMALL("\2", "\2") "{}"), "[{}]<{}>",
	  false },
	{ BYTES(SMALL("\2", "\0")), "<>", false },
	{ BYTES(SMALL("\x80", "\3") "a:b"), "(a:b)", false },
	{ BYTES(SMALL("\0", "\0") SMALL("\0", "\1") "a" SMALL("\0", "\0")),
	  "[a]", false },
	{ BYTES(SMALL("\0", "\6") "\xE4\xBD\xA0\xE5\xA5\xBD"),
	  "[\xE4\xBD\xA0\xE5\xA5\xBD]", false },
	{ BYTES(SMALL("\2", "\2") "{}" SMALL("\0", "\1") "a"), "<{}>", false },
	{ BYTES(SMALL("\2", "\2") "{}garbage"), "<{}>", false },
	{ BYTES(SMALL("\0", "\4") "cut"), "", false },
	{ BYTES(SMALL("\0", "\1") "a" SMALL("\1", "\1") "b"), "[a]", true },
	{ BYTES(SMALL("\3", "\1") "b"), "", true },
	{ BYTES(SMALL("\x81", "\1") "b"), "", true },
	{ BYTES(SMALL("\4", "\1") "b"), "", true },
	{ BYTES("<html></html>"), "", true },
	{ BYTES("{\"code\":\"internal\"}"), "", true },
	{ BYTES(HEAD("\0", "\0", "\x80", "\0", "\1")), "", true },
	{ BYTES(HEAD("\0", "\xFF", "\xFF", "\xFF", "\xFF")), "", true },
	{ BYTES(HEAD("\2", "\xFF", "\xFF", "\xFF", "\xFF")), "", true },
};

static void check_pieces(struct arena *a, size_t i, size_t first, size_t step)
{
	struct sink_of_frames *s = new_frames(a);
	struct error e = { .kind = ERROR_KINDS };
	struct connect_protocol p;
	bool ok = true;

	connect_protocol_init(&p, "The peer");
	for (size_t at = 0, n = first; ok && at < streams[i].n; at += n) {
		if (at > 0)
			n = step;
		if (n > streams[i].n - at)
			n = streams[i].n - at;
		ok = feed(&p, streams[i].bytes + at, n, s, &e) == FLOW_CONTINUE;
	}
	connect_protocol_fini(&p);
	assert_string_equal(buf_text(&s->text), streams[i].frames);
	assert_int_equal(ok, !streams[i].bad);
	assert_int_equal(e.kind, ok ? ERROR_KINDS : ERROR_UPSTREAM);
}

static void every_stream_gives_its_frames_at_every_cut(void **state)
{
	for (size_t i = 0; i < COUNT(streams); i++)
		for (size_t cut = 1; cut <= streams[i].n; cut++)
			check_pieces(*state, i, cut, streams[i].n);
}

static void every_stream_gives_its_frames_in_pieces_of_any_length(void **state)
{
	for (size_t i = 0; i < COUNT(streams); i++)
		for (size_t step = 1; step <= streams[i].n; step++)
			check_pieces(*state, i, step, step);
}

/* Lengths around those where another byte of the head is used. */
static void frames_of_any_length_are_read_back(void **state)
{
	static const size_t lengths[] = { 1,	   2,	      254,   255,
					  256,	   257,	      4095,  4096,
					  65535,   65536,     65537, 99999,
					  1 << 20, LIMIT - 1, LIMIT };

	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct sink_of_frames *s = new_frames(*state);
		char *body = test_malloc(lengths[i]);
		struct error e;
		struct connect_protocol p;
		char head[CONNECT_HEAD_SIZE];
		struct buf out;

		memset(body, 'x', lengths[i]);
		buf_init(&out, 2 * LIMIT);
		connect_protocol_head(head, (uint32_t)lengths[i]);
		buf_append(&out, head, sizeof(head));
		buf_append(&out, body, lengths[i]);
		connect_protocol_init(&p, "The peer");
		assert_int_equal(connect_protocol_feed(&p, out.p, out.len - 1,
						       on_frame, s, &e),
				 FLOW_CONTINUE);
		assert_int_equal(s->n, 0);
		assert_int_equal(connect_protocol_feed(&p, out.p + out.len - 1,
						       1, on_frame, s, &e),
				 FLOW_CONTINUE);
		assert_int_equal(s->n, 1);
		assert_int_equal(s->text.len, lengths[i] + 2);
		assert_memory_equal(s->text.p + 1, body, lengths[i]);
		connect_protocol_fini(&p);
		buf_fini(&out);
		test_free(body);
		arena_reset(*state);
	}
}

static void a_head_alone_allocates_nothing(void **state)
{
	struct sink_of_frames *s = new_frames(*state);
	struct error e;
	struct connect_protocol p;

	connect_protocol_init(&p, "The peer");
	assert_int_equal(connect_protocol_feed(&p, "\0\0\x7F\xFF\xFF", 5,
					       on_frame, s, &e),
			 FLOW_CONTINUE);
	assert_true(p.body.cap < 4096);
	connect_protocol_fini(&p);
}

static void a_refused_frame_stops_the_parser(void **state)
{
	static const char bytes[] = SMALL("\0", "\1") "a" SMALL("\0", "\1") "b";
	struct sink_of_frames *s = new_frames(*state);
	struct error e = { .kind = ERROR_CLIENT_GONE };
	struct connect_protocol p;

	s->stop_after = 1;
	connect_protocol_init(&p, "The peer");
	assert_int_equal(feed(&p, bytes, sizeof(bytes) - 1, s, &e), FLOW_STOP);
	connect_protocol_fini(&p);
	assert_string_equal(buf_text(&s->text), "[a]");
	assert_int_equal(e.kind, ERROR_CLIENT_GONE);
}

static void a_head_has_the_length_of_its_message(void **state)
{
	char head[CONNECT_HEAD_SIZE];

	(void)state;
	connect_protocol_head(head, 0x01020304);
	assert_memory_equal(head, "\0\1\2\3\4", sizeof(head));
	connect_protocol_head(head, UINT32_MAX);
	assert_memory_equal(head, "\0\xFF\xFF\xFF\xFF", sizeof(head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_stream_gives_its_frames_at_every_cut),
		TEST(every_stream_gives_its_frames_in_pieces_of_any_length),
		TEST(frames_of_any_length_are_read_back),
		TEST(a_head_alone_allocates_nothing),
		TEST(a_refused_frame_stops_the_parser),
		TEST(a_head_has_the_length_of_its_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
