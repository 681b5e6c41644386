/* SPDX-License-Identifier: MIT */
/* Schemas that are made to cost as much as they can. */
#include "tests/unit/support/test.h"

#include "base/thread.h"
#include "upstream/schema/rewrite.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_chain_of_definitions_needs_no_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
