/* SPDX-License-Identifier: MIT */
/* Server-sent events: they are the same however the bytes are cut. The first
 * byte says how. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "http/sse.h"

#define LIMIT (16 * 1024 * 1024)

static enum flow on_event(void *ctx, const char *data, size_t n)
{
	struct buf *seen = ctx;

	assert(data[n] == '\0');
	assert(memchr(data, '\r', n) == NULL);
	buf_printf(seen, "%zu:", n);
	buf_append(seen, data, n);
	return FLOW_CONTINUE;
}

static void feed(struct buf *seen, const char *p, size_t n, size_t step)
{
	struct error e;
	struct sse parser;

	buf_init(seen, LIMIT);
	sse_init(&parser, "The peer");
	for (size_t at = 0; at < n; at += step)
		assert(sse_feed(&parser, p + at, step < n - at ? step : n - at,
				on_event, seen, &e) == FLOW_CONTINUE);
	sse_fini(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 1;
	struct buf whole, cut;

	if (size < 2)
		return 0;
	feed(&whole, p, size - 1, size);
	feed(&cut, p, size - 1, (size_t)data[0] + 1);
	assert(whole.len == cut.len);
	assert(memcmp(buf_text(&whole), buf_text(&cut), whole.len) == 0);
	buf_fini(&whole);
	buf_fini(&cut);
	return 0;
}
