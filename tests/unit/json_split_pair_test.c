/* SPDX-License-Identifier: MIT */
/* Halves of surrogate pairs in two JSON texts. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/json_split_pair.h"

#define MOST 4

static const struct row {
	const char *in[MOST], *out[MOST];
} rows[] = {
	{ { "[\"a\\ud83d\"]", "[\"\\ude00b\"]" },
	  { "[\"a\\ud83d\\ude00\"]", "[\"b\"]" } },
	{ { "[\"\\uD83D\"]", "[\"\\uDE00\\uD83D\"]", "[\"\\uDE01\"]" },
	  { "[\"\\uD83D\\uDE00\"]", "[\"\\uD83D\\uDE01\"]", "[\"\"]" } },
	/* Of several, those that are next to each other. */
	{ { "[\"\\ud83d\",\"\\ud83e\",1]", "[2,\"x\\ude00\",\"\\ude01\"]" },
	  { "[\"\\ud83d\",\"\\ud83e\\ude01\",1]", "[2,\"x\\ude00\",\"\"]" } },
	/* No halves, or not at the right end. */
	{ { "[\"\\ud83d\\ude00\"]", "[\"\\ude00\"]" },
	  { "[\"\\ud83d\\ude00\"]", "[\"\\ude00\"]" } },
	{ { "[\"\\\\ud83d\"]", "[\"\\ude00\"]" },
	  { "[\"\\\\ud83d\"]", "[\"\\ude00\"]" } },
	{ { "[\"\\ud83dx\"]", "[\"\\ude00\"]" },
	  { "[\"\\ud83dx\"]", "[\"\\ude00\"]" } },
	{ { "[\"\\ud83d\"]", "[\"\\\"\\ude00\"]" },
	  { "[\"\\ud83d\"]", "[\"\\\"\\ude00\"]" } },
	{ { "[\"\\ud83d\"]", "[\"\\ud83d\"]", "[DONE]" },
	  { "[\"\\ud83d\"]", "[\"\\ud83d\"]", "[DONE]" } },
	{ { "[\"\\ud83d\"]" }, { "[\"\\ud83d\"]" } },
	{ { "\\ud83d", "\\ude00", "\"\\ud83d", "" },
	  { "\\ud83d", "\\ude00", "\"\\ud83d", "" } },
};

struct taken {
	const char *const *expected;
	size_t n;
	enum flow flow; /* what the last one returns */
};

static enum flow take(void *ctx, const char *text, size_t n)
{
	struct taken *t = ctx;

	assert_string_equal(text, t->expected[t->n]);
	assert_int_equal(n, strlen(text));
	t->n++;
	return t->n < MOST && t->expected[t->n] != NULL ? FLOW_CONTINUE :
							  t->flow;
}

/* What the last text brings, or the end. */
static enum flow feed(struct taken *t, const struct row *row)
{
	struct json_split_pair s;
	enum flow flow = FLOW_CONTINUE;

	t->expected = row->out;
	json_split_pair_init(&s, take, t);
	for (size_t i = 0; i < MOST && row->in[i] != NULL; i++) {
		assert_int_equal(flow, FLOW_CONTINUE);
		flow = json_split_pair_feed(&s, row->in[i], strlen(row->in[i]));
	}
	if (flow == FLOW_CONTINUE)
		flow = json_split_pair_end(&s);
	json_split_pair_fini(&s);
	return flow;
}

static void pairs_are_put_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct taken t = { .flow = FLOW_STOP };
		size_t n = 0;

		while (n < MOST && rows[i].out[n] != NULL)
			n++;
		assert_int_equal(feed(&t, &rows[i]), FLOW_STOP);
		assert_int_equal(t.n, n);
	}
}

/* Whoever failed, or wants no more, gets no more. */
static void it_ends_with_whoever_takes_the_texts(void **state)
{
	static const char *const held[] = { "[\"\\ud83d\\ude00\"]", NULL };
	static const char half[] = "[\"\\ud83d\"]", rest[] = "[\"\\ude00\"]";
	struct taken t = { held, 0, FLOW_FAILED };
	struct json_split_pair s;

	(void)state;
	json_split_pair_init(&s, take, &t);
	assert_int_equal(json_split_pair_feed(&s, half, strlen(half)),
			 FLOW_CONTINUE);
	assert_int_equal(t.n, 0);
	assert_int_equal(json_split_pair_feed(&s, rest, strlen(rest)),
			 FLOW_FAILED);
	assert_int_equal(t.n, 1);
	json_split_pair_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pairs_are_put_together),
		TEST(it_ends_with_whoever_takes_the_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
