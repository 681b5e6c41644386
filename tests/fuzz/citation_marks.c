/* SPDX-License-Identifier: MIT */
/*
 * Citation marks: text and citations are the same however it is cut, and text
 * that cannot contain a mark passes unchanged and at once. The first byte says
 * how the text is cut.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "upstream/web/citation_marks.h"

#define LIMIT (16 * 1024 * 1024)
#define FIRST "."

struct seen {
	struct arena arena;
	struct chat_stream stream;
	struct citation_marks marks;
	struct buf text, citations;
};

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct seen *s = ctx;

	if (event->kind == CHAT_DELTA)
		buf_append(&s->text, event->text, event->n);
	if (event->kind == CHAT_CITATION)
		buf_printf(&s->citations, "%zu %s\n", event->offset,
			   event->citation->url);
	return FLOW_CONTINUE;
}

static void feed(struct seen *s, const char *p, size_t n, size_t step)
{
	static const char *const keys[] = { NULL, NULL, "s:1#1", "s:1#12",
					    "ref" };
	char url[] = "a";

	arena_init(&s->arena);
	buf_init(&s->text, LIMIT);
	buf_init(&s->citations, LIMIT);
	chat_stream_init(&s->stream, &s->arena, on_event, s);
	citation_marks_init(&s->marks, &s->stream);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++, url[0]++)
		citation_marks_source(&s->marks, keys[i], url, NULL);
	/* What is cited before any text waits for the first piece of it. */
	assert(citation_marks_text(&s->marks, FIRST, strlen(FIRST)));
	for (size_t at = 0; at < n; at += step) {
		assert(citation_marks_text(&s->marks, p + at,
					   step < n - at ? step : n - at));
		assert(s->marks.n_held < CITATION_MARK_LIMIT);
	}
}

static void forget(struct seen *s)
{
	buf_fini(&s->text);
	buf_fini(&s->citations);
	arena_fini(&s->arena);
}

static bool may_mark(const char *p, size_t n)
{
	return memchr(p, '[', n) != NULL || memchr(p, 0xEE, n) != NULL;
}

static void check(const char *p, size_t n, size_t step)
{
	struct seen whole, cut;

	feed(&whole, p, n, n + 1);
	feed(&cut, p, n, step);
	assert(may_mark(p, n) ||
	       (whole.text.len == n + 1 &&
		memcmp(buf_text(&whole.text) + 1, p, n) == 0));
	assert(whole.marks.n_held == cut.marks.n_held);
	assert(citation_marks_end(&whole.marks));
	assert(citation_marks_end(&cut.marks));
	assert(whole.text.len == cut.text.len && whole.text.len <= n + 1);
	assert(memcmp(buf_text(&whole.text), buf_text(&cut.text),
		      whole.text.len) == 0);
	assert(strcmp(buf_text(&whole.citations), buf_text(&cut.citations)) ==
	       0);
	forget(&whole);
	forget(&cut);
}

/* Kimi's texts come out of JSON: well-formed and without NUL. */
static char *text_of(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);

	assert(text != NULL);
	memcpy(text, data, n);
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = '.';
	text[n] = '\0';
	utf8_repair(text);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 2)
		return 0;
	text = text_of(data + 1, size - 1);
	check(text, strlen(text), (size_t)data[0] + 1);
	free(text);
	return 0;
}
