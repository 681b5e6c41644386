/* SPDX-License-Identifier: MIT */
/*
 * Tool calls in text: text and calls are the same however it is cut, no text is
 * added, none is lost where there is no call, and no byte of a call stays in
 * the text. The first byte of the input says how it is cut.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "emulate/tool_call_finder.h"

#define LIMIT (64 * 1024 * 1024)

static const struct chat_tool tools[] = { { .name = "f" }, { .name = "go" } };

static const char call[] = "<tool_call>{\"name\":\"f\"}</tool_call>";

struct result {
	struct buf text;  /* only text */
	struct buf calls; /* and where in the text they are */
	size_t n_calls;
};

static bool on_text(void *ctx, const char *p, size_t n)
{
	struct result *r = ctx;

	assert(n > 0);
	return buf_append(&r->text, p, n);
}

static bool on_call(void *ctx, const struct chat_call *c)
{
	struct result *r = ctx;
	struct error e;
	cJSON *arguments = json_read(c->arguments, strlen(c->arguments), &e);

	assert(cJSON_IsObject(arguments));
	cJSON_Delete(arguments);
	assert(strcmp(c->name, "f") == 0 || strcmp(c->name, "go") == 0);
	r->n_calls++;
	return buf_printf(&r->calls, "%zu %s %s\n", r->text.len, c->name,
			  c->arguments);
}

/* In pieces of `step` bytes, 0: whole. */
static void read_marks(struct result *r, const char *p, size_t n, size_t step,
		       bool cut)
{
	struct tool_call_finder m;
	struct arena a;

	arena_init(&a);
	*r = (struct result){ 0 };
	buf_init(&r->text, LIMIT);
	buf_init(&r->calls, LIMIT);
	tool_call_finder_init(&m, &a);
	m.tools = tools;
	m.n_tools = sizeof(tools) / sizeof(*tools);
	m.on_text = on_text;
	m.on_call = on_call;
	m.ctx = r;
	for (size_t at = 0; at < n;) {
		size_t length = step == 0 || step > n - at ? n - at : step;
		bool go_on = tool_call_finder_feed(&m, p + at, length);

		assert(go_on);
		at += length;
	}
	tool_call_finder_end(&m, cut);
	tool_call_finder_fini(&m);
	arena_fini(&a);
}

static void drop(struct result *r)
{
	buf_fini(&r->text);
	buf_fini(&r->calls);
}

static bool same(const struct buf *x, const struct buf *y)
{
	return x->len == y->len &&
	       memcmp(buf_text(x), buf_text(y), x->len) == 0;
}

/* Whether the bytes are in `in`, in that order. */
static bool is_part(const struct buf *out, const char *in, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n && found < out->len; i++)
		found += in[i] == out->p[found];
	return found == out->len;
}

/* A call after a text that cannot hide it comes out complete. */
static void add_call(const struct result *before, const char *in, size_t n)
{
	struct result r;
	struct buf all;

	buf_init(&all, LIMIT);
	buf_append(&all, in, n);
	buf_puts(&all, ".\n");
	buf_puts(&all, call);
	buf_puts(&all, "\n");
	read_marks(&r, all.p, all.len, 0, false);
	assert(r.n_calls == before->n_calls + 1);
	assert(r.text.len == n + 1);
	drop(&r);
	buf_fini(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size == 0 ? 1 : 1 + data[0] % 40, n;
	struct result whole, pieces;
	const char *in = (const char *)data;

	in += size > 0;
	n = size - (size > 0);
	for (int cut = 0; cut <= 1; cut++) {
		read_marks(&whole, in, n, 0, cut);
		read_marks(&pieces, in, n, step, cut);
		assert(same(&whole.text, &pieces.text));
		assert(same(&whole.calls, &pieces.calls));
		assert(is_part(&whole.text, in, n));
		assert(cut || whole.n_calls > 0 || whole.text.len == n);
		if (!cut && memchr(in, '<', n) == NULL &&
		    memchr(in, '`', n) == NULL && memchr(in, '~', n) == NULL)
			add_call(&whole, in, n);
		drop(&whole);
		drop(&pieces);
	}
	return 0;
}
