/* SPDX-License-Identifier: MIT */
/* Connect envelopes: the frames are the same however the bytes are cut, and
 * what was written is read back. The first byte says how they are cut. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "http/connect_protocol.h"

#define LIMIT (16 * 1024 * 1024)

struct seen {
	struct buf text;
	size_t n;
	bool failed;
};

static enum flow on_frame(void *ctx, enum connect_protocol_frame kind,
			  const char *body, size_t n)
{
	struct seen *s = ctx;

	assert(body[n] == '\0');
	assert(kind != CONNECT_PROTOCOL_MESSAGE || n > 0);
	buf_printf(&s->text, "%d:%zu:", (int)kind, n);
	buf_append(&s->text, body, n);
	s->n++;
	return FLOW_CONTINUE;
}

static void feed(struct seen *s, const char *p, size_t n, size_t step)
{
	struct error e = { .kind = ERROR_KINDS };
	struct connect_protocol parser;

	buf_init(&s->text, LIMIT);
	s->n = 0;
	s->failed = false;
	connect_protocol_init(&parser, "The peer");
	for (size_t at = 0; at < n && !s->failed; at += step)
		s->failed = connect_protocol_feed(&parser, p + at,
						  step < n - at ? step : n - at,
						  on_frame, s,
						  &e) == FLOW_FAILED;
	assert(s->failed == (e.kind == ERROR_UPSTREAM));
	connect_protocol_fini(&parser);
}

static void check_cuts(const char *p, size_t n, size_t step)
{
	struct seen whole, cut;

	feed(&whole, p, n, n + 1);
	feed(&cut, p, n, step);
	assert(whole.failed == cut.failed && whole.n == cut.n);
	assert(whole.text.len == cut.text.len);
	assert(strcmp(buf_text(&whole.text), buf_text(&cut.text)) == 0);
	buf_fini(&whole.text);
	buf_fini(&cut.text);
}

static void check_writer(const char *p, size_t n)
{
	char head[CONNECT_HEAD_SIZE];
	struct buf frame;
	struct seen s;

	buf_init(&frame, LIMIT);
	connect_protocol_head(head, (uint32_t)n);
	buf_append(&frame, head, sizeof(head));
	buf_append(&frame, p, n);
	feed(&s, frame.p, frame.len, frame.len);
	assert(!s.failed && s.n == (n > 0));
	assert(n == 0 || memcmp(s.text.p + s.text.len - n, p, n) == 0);
	buf_fini(&frame);
	buf_fini(&s.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 1;

	if (size == 0)
		return 0;
	check_cuts(p, size - 1, (size_t)data[0] + 1);
	check_writer(p, size - 1);
	return 0;
}
