/* SPDX-License-Identifier: MIT */
/* Citation marks in texts, cut at every byte. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "upstream/web/citation_marks.h"

#define A "\xEE\x8E\xA0"
#define B "\xEE\x8E\xA3"
#define C "\xEE\x8E\xA8"
#define CITE(refs) A "cite" B refs C

#define LIMIT (1024 * 1024)

/* Text as it comes, citations as "<url>" or "<url title>" in it. */
static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct buf *out = ctx;

	if (event->kind == CHAT_DELTA) {
		buf_append(out, event->text, event->n);
	} else if (event->kind == CHAT_CITATION) {
		const char *title = event->citation->title;

		buf_printf(out, "<%s%s%s>", event->citation->url,
			   *title == '\0' ? "" : " ", title);
	}
	return FLOW_CONTINUE;
}

struct texts {
	struct buf out;
	struct chat_stream stream;
	struct citation_marks marks;
};

/* Knows 1 and 2 by number and four by key. */
static struct texts *new_texts(struct arena *a)
{
	static const char *const keys[] = { "s:1#0", "s:1#1", "s:1#12", "ref" };
	struct texts *t = arena_alloc(a, sizeof(*t));

	arena_buf_init(a, &t->out, LIMIT);
	chat_stream_init(&t->stream, a, on_event, &t->out);
	citation_marks_init(&t->marks, &t->stream);
	citation_marks_source(&t->marks, NULL, "one", NULL);
	citation_marks_source(&t->marks, NULL, "two", "");
	for (size_t i = 0; i < COUNT(keys); i++)
		citation_marks_source(&t->marks, keys[i],
				      arena_printf(a, "u%zu", i), NULL);
	return t;
}

/* Pieces of memory of just their size, wiped afterwards. */
static void say(struct texts *t, const char *p, size_t n)
{
	char *copy = malloc(n == 0 ? 1 : n);

	assert_non_null(copy);
	memcpy(copy, p, n);
	assert_true(citation_marks_text(&t->marks, copy, n));
	memset(copy, '#', n);
	free(copy);
}

static const struct {
	const char *text, *out;
} texts[] = {
	{ "plain [link](url) text.", "plain [link](url) text." },
	{ "a " CITE("s:1#0") "b", "a <u0>b" },
	{ "a" CITE("s:1#0") CITE("s:1#1"), "a<u0><u1>" },
	{ "a" CITE("s:1#0,s:1#12"), "a<u0><u2>" },
	{ "a" CITE("s:1#0; s:1#1 | ref"), "a<u0><u1><u3>" },
	{ "a" CITE("s:1#0" B "s:1#1"), "a<u0><u1>" },
	{ "a" CITE("s:1#0s:1#1ref"), "a<u0><u1><u3>" },
	{ "a" CITE("s:1#12"), "a<u2>" },
	{ "a" CITE("s:1#13") "b" CITE("ref"), "ab<u3>" },
	{ "a" CITE("nobody,ref") "b", "a<u3>b" },
	{ "a" CITE("nobodyref,s:1#0") "b", "a<u0>b" },
	{ "a" CITE("s:1#0") "b" CITE("s:1#0") "c", "a<u0>bc" },
	{ "a" CITE("2") "b", "a<two>b" },
	{ "a" CITE("") "b" CITE("ref"), "ab<u3>" },
	{ CITE("ref") "a", "a<u3>" },
	{ "\xE4\xBD\xA0" CITE("ref") "\xF0\x9F\x91\x8D",
	  "\xE4\xBD\xA0<u3>\xF0\x9F\x91\x8D" },
	{ "a[^1^]b[^2^].", "a<one>b<two>." },
	{ "a[^1^][^2^]", "a<one><two>" },
	{ "a[^3^]b[^1^]", "ab<one>" },
	{ "a[^12^]b[^1^]", "ab<one>" },
	{ "a[^0^]b[^1^]", "ab<one>" },
	{ "[[^1^]]" CITE("ref"), "[<one>]<u3>" },
	{ "[^[^1^]", "[^<one>" },
	{ "[^1[^1^]", "[^1<one>" },
	{ "[^1^[^1^]", "[^1^<one>" },
	{ "a[^1^]" CITE("ref") "[^2^]b", "a<one><u3><two>b" },
	{ "[^ref^][^1] [^^] [1] [^a][^1^]", "[^ref^][^1] [^^] [1] [^a]<one>" },
	{ "[^1234567^][^1^]", "[^1234567^]<one>" },
	/* Private characters that make no mark. */
	{ A "other" B "x" C CITE("ref"), A "other" B "x" C "<u3>" },
	{ B C A A CITE("ref"), B C A A "<u3>" },
	{ "\xEE\x80\x80\xEE\x8E\xA1" CITE("ref"),
	  "\xEE\x80\x80\xEE\x8E\xA1<u3>" },
	{ A "cit" CITE("ref"), A "cit<u3>" },
};

static void marks_become_citations_at_every_cut(void **state)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t n = strlen(texts[i].text);

		for (size_t cut = 0; cut <= n; cut++) {
			struct texts *t = new_texts(*state);

			say(t, texts[i].text, cut);
			say(t, texts[i].text + cut, n - cut);
			assert_true(citation_marks_break(&t->marks));
			assert_string_equal(buf_text(&t->out), texts[i].out);
			arena_reset(*state);
		}
	}
}

static void marks_become_citations_byte_by_byte(void **state)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct texts *t = new_texts(*state);

		for (const char *c = texts[i].text; *c != '\0'; c++)
			say(t, c, 1);
		assert_true(citation_marks_break(&t->marks));
		assert_string_equal(buf_text(&t->out), texts[i].out);
	}
}

static void only_what_may_be_a_mark_is_held_back(void **state)
{
	static const struct {
		const char *text, *out;
	} rows[] = {
		{ "a[", "a" },
		{ "a[b", "a[b" },
		{ "a[^", "a" },
		{ "a[^b", "a[^b" },
		{ "a[^1", "a" },
		{ "a[^1]", "a[^1]" },
		{ "a[^1^", "a" },
		{ "a[^1^)", "a[^1^)" },
		{ "a[[", "a[" },
		{ "a[^1234567", "a[^1234567" },
		{ "a" A, "a" },
		{ "a" A "cite", "a" },
		{ "a" A "cute", "a" A "cute" },
		{ "a" A "cite" B "x", "a" },
		{ "a" A "cite" A, "a" A "cite" },
		{ "a\xEE\x8F\xA0", "a\xEE\x8F\xA0" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct texts *t = new_texts(*state);

		say(t, rows[i].text, strlen(rows[i].text));
		assert_string_equal(buf_text(&t->out), rows[i].out);
	}
}

static void a_part_of_a_mark_does_not_end_the_text(void **state)
{
	static const struct {
		const char *text, *out;
	} rows[] = {
		{ "a[", "a[" },
		{ "a[^", "a[^" },
		{ "a[^1", "a" },
		{ "a[^1^", "a" },
		{ "a" A, "a" },
		{ "a" A "ci", "a" },
		{ "a" A "cite" B "s:1#", "a" },
		{ "a" A "cite" B "ref", "a" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct texts *t = new_texts(*state);

		say(t, rows[i].text, strlen(rows[i].text));
		assert_true(citation_marks_break(&t->marks));
		assert_string_equal(buf_text(&t->out), rows[i].out);
		say(t, "^]" C "b", 6);
		assert_string_equal(buf_text(&t->out) + strlen(rows[i].out),
				    "^]" C "b");
	}
}

/* A mark of `n` bytes: up to the limit it counts, beyond it is text. */
static const char *marked(struct arena *a, size_t n, const char **text)
{
	struct texts *t = new_texts(a);
	char *refs = arena_alloc(a, n);

	memset(refs, ',', n - strlen(CITE("ref")));
	*text = arena_printf(a, A "cite" B "%sref" C, refs);
	assert_int_equal(strlen(*text), n);
	say(t, *text, n);
	say(t, "b", 1);
	return buf_text(&t->out);
}

static void a_mark_that_is_too_long_is_text(void **state)
{
	const char *text, *out;

	out = marked(*state, CITATION_MARK_LIMIT, &text);
	assert_string_equal(out, "b<u3>");
	out = marked(*state, CITATION_MARK_LIMIT + 1, &text);
	assert_string_equal(out, arena_printf(*state, "%sb", text));
}

static void without_marks_all_sources_are_cited_at_the_end(void **state)
{
	struct texts *t = new_texts(*state);

	say(t, "text" CITE("nobody"), 4 + strlen(CITE("nobody")));
	assert_string_equal(buf_text(&t->out), "text");
	assert_true(citation_marks_end(&t->marks));
	assert_string_equal(buf_text(&t->out),
			    "text<one><two><u0><u1><u2><u3>");
}

static void a_source_is_numbered_once(void **state)
{
	struct texts *t = new_texts(*state);

	citation_marks_source(&t->marks, NULL, "one", "again");
	citation_marks_source(&t->marks, NULL, NULL, "no URL");
	citation_marks_source(&t->marks, NULL, "", "no URL");
	citation_marks_source(&t->marks, NULL, "three", "Three");
	citation_marks_source(&t->marks, "ref", "other", NULL);
	say(t, "a[^3^]b" CITE("ref"), 7 + strlen(CITE("ref")));
	assert_string_equal(buf_text(&t->out), "a<three Three>b<u3>");
}

static void a_key_takes_precedence_over_a_number(void **state)
{
	struct texts *t = new_texts(*state);

	citation_marks_source(&t->marks, "1", "by key", NULL);
	say(t, "a[^1^]", 6);
	assert_string_equal(buf_text(&t->out), "a<by key>");
}

static enum flow want_nothing(void *ctx, const struct chat_event *event)
{
	(void)ctx;
	return event->kind == CHAT_START ? FLOW_CONTINUE : FLOW_STOP;
}

static void a_client_that_leaves_ends_it(void **state)
{
	static const char *const pieces[] = { "a", "[b", "[^1^]", "[^1" };

	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct texts *t = new_texts(*state);
		bool go_on;

		say(t, "a", i == 2);
		t->stream.on_event = want_nothing;
		go_on = citation_marks_text(&t->marks, pieces[i],
					    strlen(pieces[i]));
		assert_int_equal(go_on, i == 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(marks_become_citations_at_every_cut),
		TEST(marks_become_citations_byte_by_byte),
		TEST(only_what_may_be_a_mark_is_held_back),
		TEST(a_part_of_a_mark_does_not_end_the_text),
		TEST(a_mark_that_is_too_long_is_text),
		TEST(without_marks_all_sources_are_cited_at_the_end),
		TEST(a_source_is_numbered_once),
		TEST(a_key_takes_precedence_over_a_number),
		TEST(a_client_that_leaves_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
