/* SPDX-License-Identifier: MIT */
/* Schemas that are made to cost as much as they can. */
#include "tests/unit/support/test.h"

#include <string.h>
#include <time.h>

#include "base/thread.h"
#include "upstream/schema/rewrite.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MOST_SECONDS 15
#else
#define MOST_SECONDS 3
#endif

struct rewriting {
	struct arena *arena;
	const char *from, *to;
};

static void *run(void *ctx)
{
	struct rewriting *r = ctx;
	struct error e;

	r->to = schema_rewrite(r->arena, r->from, false, "p", &e);
	return NULL;
}

/* Requests are served on threads with a small stack. */
static const char *rewrite(struct arena *a, const char *from)
{
	struct rewriting r = { .arena = a, .from = from };
	pthread_t thread;

	assert_true(thread_start(&thread, run, &r));
	assert_int_equal(pthread_join(thread, NULL), 0);
	return r.to;
}

/* Definitions of 20 levels each, one in the other; all are in use before the
 * first one is found at a greater depth. */
static void a_long_chain_of_definitions_needs_no_stack(void **state)
{
	struct buf *out = arena_buf(*state, 1 << 20);

	buf_printf(out, "{\"type\":\"object\",\"properties\":{");
	for (int i = 150; i > 0; i--)
		buf_printf(out, "\"p%d\":{\"$ref\":\"#/$defs/%d\"},", i, i);
	buf_printf(out, "\"z\":{\"type\":\"object\",\"properties\":{\"y\":{"
			"\"$ref\":\"#/$defs/1\"}}}},\"$defs\":{");
	for (int i = 1; i < 150; i++) {
		buf_printf(out, "\"%d\":", i);
		for (int k = 0; k < 20; k++)
			buf_printf(out, "{\"type\":\"array\",\"items\":");
		buf_printf(out, "{\"$ref\":\"#/$defs/%d\"}", i + 1);
		for (int k = 0; k < 20; k++)
			buf_printf(out, "}");
		buf_printf(out, ",");
	}
	buf_printf(out, "\"150\":{\"type\":\"string\"}}}");
	assert_non_null(rewrite(*state, buf_text(out)));
}

/* Where Kimi reads no references, definitions take their place. */
static void inlined_definitions_nest_no_deeper_than_the_stack(void **state)
{
	struct buf *out = arena_buf(*state, 1 << 20);

	buf_printf(out, "{\"properties\":{\"a\":{\"type\":\"object\",\"not\":{"
			"\"$ref\":\"#/$defs/1\"}}},\"$defs\":{");
	for (int i = 1; i < 100; i++) {
		buf_printf(out, "\"%d\":", i);
		for (int k = 0; k < 40; k++)
			buf_printf(out, "{\"items\":");
		buf_printf(out, "{\"$ref\":\"#/$defs/%d\"}", i + 1);
		for (int k = 0; k < 40; k++)
			buf_printf(out, "}");
		buf_printf(out, ",");
	}
	buf_printf(out, "\"100\":{\"type\":\"string\"}}}");
	assert_non_null(rewrite(*state, buf_text(out)));
}

/* n of them, with a number in the middle. */
static const char *repeat(struct arena *a, int n, const char *before,
			  const char *after)
{
	struct buf *out = arena_buf(a, 1 << 24);

	for (int i = 0; i < n; i++)
		buf_printf(out, "%s%s%d%s", i > 0 ? "," : "", before, i, after);
	return buf_text(out);
}

/* What is joined one by one is flat. */
static void many_parts_of_all_of_need_no_stack(void **state)
{
	static const char *const keys[] = { "properties", "patternProperties",
					    "dependentSchemas" };

	for (size_t i = 0; i < COUNT(keys); i++)
		assert_non_null(rewrite(
			*state,
			arena_printf(
				*state,
				"{\"properties\":{\"a\":{\"anyOf\":[{\"required\":"
				"[\"a\"]},{\"required\":[\"b\"]}],\"allOf\":"
				"[%s]}}}",
				repeat(*state, 2900,
				       arena_printf(*state,
						    "{\"%s\":{\"a\":{"
						    "\"maxLength\":1",
						    keys[i]),
				       "}}}"))));
}

static void assert_quick(struct arena *a, const char *before, const char *many,
			 const char *after)
{
	const char *from = arena_printf(a, "%s%s%s", before, many, after);
	clock_t start = clock();

	rewrite(a, from);
	if (clock() - start > MOST_SECONDS * CLOCKS_PER_SEC)
		fail_msg("%.80s: %.1f s", from,
			 (double)(clock() - start) / CLOCKS_PER_SEC);
}

static void many_properties_are_refused_at_once(void **state)
{
	const char *all = repeat(*state, 60000, "\"p", "\":true");

	assert_quick(*state, "{\"properties\":{", all, "}}");
	assert_quick(*state, "{\"allOf\":[{\"properties\":{", all, "}}]}");
}

static void many_required_names_are_refused_at_once(void **state)
{
	const char *names = repeat(*state, 2900, "\"n", "\"");
	const char *branches = "";

	for (int i = 0; i < 64; i++)
		branches = arena_printf(*state, "%s{\"required\":[%s]},",
					branches, names);
	assert_quick(*state,
		     "{\"properties\":{\"a\":{\"type\":\"object\","
		     "\"anyOf\":[",
		     branches, "true]}}}");
}

/* Each adds to the same description. */
static void many_notes_are_not_all_written(void **state)
{
	assert_quick(*state, "{\"properties\":{\"a\":{\"type\":[",
		     repeat(*state, 20000, "\"type", "\""), "]}}}");
	assert_quick(*state, "{\"properties\":{",
		     repeat(*state, 5900, "\"{", "}\":{\"minimum\":12345678}"),
		     "}}");
	assert_quick(*state, "{\"properties\":{\"a\":{\"allOf\":[",
		     repeat(*state, 5900, "{\"description\":\"part ",
			    ", which has a long sentence of its own\"}"),
		     "]}}}");
}

/* Values were counted, however long. */
static void long_texts_are_not_copied_everywhere(void **state)
{
	char *text = arena_alloc(*state, 500001);
	struct buf *required = arena_buf(*state, 1 << 20);

	for (int i = 0; i < 2900; i++)
		buf_puts(required, ",\"a\"");
	memset(text, 'x', 500000);
	assert_quick(*state, "{\"properties\":{",
		     repeat(*state, 5900, "\"p",
			    "\":{\"$ref\":\"#/$defs/a\",\"minLength\":1}"),
		     arena_printf(*state,
				  "},\"$defs\":{\"a\":{\"description\":\"%s"
				  "\"}}}",
				  text));
	assert_quick(*state,
		     arena_printf(*state,
				  "{\"anyOf\":[{\"properties\":{\"a\":{"
				  "\"enum\":[\"%s\"]}},\"required\":[\"a\"",
				  text),
		     buf_text(required), "]}]}");
}

static void references_into_long_lists_are_counted(void **state)
{
	struct buf *out = arena_buf(*state, 1 << 22);

	buf_printf(out, "{\"properties\":{\"e\":{\"enum\":[");
	for (int i = 0; i < 500000; i++)
		buf_puts(out, "1,");
	buf_puts(out, "1]},");
	assert_quick(*state, buf_text(out),
		     repeat(*state, 5000, "\"p",
			    "\":{\"$ref\":\"#/properties/e/enum/499999\"}"),
		     "}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_chain_of_definitions_needs_no_stack),
		TEST(inlined_definitions_nest_no_deeper_than_the_stack),
		TEST(many_parts_of_all_of_need_no_stack),
		TEST(many_properties_are_refused_at_once),
		TEST(many_required_names_are_refused_at_once),
		TEST(many_notes_are_not_all_written),
		TEST(long_texts_are_not_copied_everywhere),
		TEST(references_into_long_lists_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
