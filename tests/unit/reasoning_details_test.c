/* SPDX-License-Identifier: MIT */
/* Kimi's reasoning_details: they come in pieces and go back whole. */
#include "tests/unit/support/test.h"

#include "upstream/api/reasoning_details.h"

/* Adds a delta; the new pieces of its summary. */
static const char *added(struct reasoning_details *d, const char *list)
{
	const struct buf *summary =
		reasoning_details_add(d, parse(d->arena, list));

	return arena_copy(d->arena, buf_text(summary));
}

static void pieces_are_joined_by_their_index(void **state)
{
	struct reasoning_details *d = reasoning_details_new(*state);

	assert_string_equal(reasoning_details_text(d), "[]");
	assert_string_equal(added(d, "[{\"index\":0,\"type\":\"summary\","
				     "\"summary\":\"He \"}]"),
			    "He ");
	assert_string_equal(added(d, "[{\"index\":1,\"type\":\"encrypted\","
				     "\"encrypted\":\"gA\"},{\"index\":0,"
				     "\"type\":\"summary\",\"summary\":"
				     "\"thinks\"}]"),
			    "thinks");
	/* A later piece may leave out what is known. */
	assert_string_equal(added(d, "[{\"index\":1,\"encrypted\":\"==\"}]"),
			    "");
	assert_string_equal(added(d, "[{\"index\":2,\"type\":\"summary\","
				     "\"summary\":\"And so\"}]"),
			    "And so");
	assert_string_equal(reasoning_details_text(d),
			    "[{\"type\":\"summary\",\"summary\":\"He thinks\"},"
			    "{\"type\":\"encrypted\",\"encrypted\":\"gA==\"},"
			    "{\"type\":\"summary\",\"summary\":\"And so\"}]");
}

static void without_an_index_the_position_counts(void **state)
{
	struct reasoning_details *d = reasoning_details_new(*state);

	added(d, "[{\"type\":\"summary\",\"summary\":\"a\"},{\"type\":"
		 "\"encrypted\",\"encrypted\":\"x\"}]");
	added(d, "[{\"type\":\"summary\",\"summary\":\"b\"},{\"type\":"
		 "\"encrypted\",\"encrypted\":\"y\"}]");
	assert_string_equal(reasoning_details_text(d),
			    "[{\"type\":\"summary\",\"summary\":\"ab\"},"
			    "{\"type\":\"encrypted\",\"encrypted\":\"xy\"}]");
}

static void what_kimi_would_not_take_back_is_left_out(void **state)
{
	static const char *const lists[] = {
		"[{\"index\":0,\"type\":\"reasoning.text\",\"text\":\"x\"}]",
		"[{\"type\":\"summary\"}]",
		"[{\"type\":\"summary\",\"summary\":7}]",
		"[{\"type\":\"summary\",\"encrypted\":\"x\"}]",
		"[null,7,\"x\",[],{}]",
		"[]",
	};
	struct reasoning_details *d = reasoning_details_new(*state);

	for (size_t i = 0; i < COUNT(lists); i++)
		assert_string_equal(added(d, lists[i]), "");
	assert_string_equal(reasoning_details_text(d), "[]");
}

static void further_entries_are_dropped(void **state)
{
	struct reasoning_details *d = reasoning_details_new(*state);

	for (int i = 0; i < REASONING_DETAILS_MAX + 5; i++)
		added(d, arena_printf(*state,
				      "[{\"index\":%d,\"type\":\"encrypted\","
				      "\"encrypted\":\"x\"}]",
				      i));
	assert_int_equal(d->n, REASONING_DETAILS_MAX);
}

static const char *put(struct arena *a, const char *details)
{
	struct buf *out = arena_buf(a, 1 << 20);
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	reasoning_details_put(&w, a, details);
	json_close_object(&w);
	return buf_text(out);
}

static void they_go_back_without_an_index(void **state)
{
	assert_string_equal(
		put(*state, "[{\"index\":0,\"type\":\"summary\",\"summary\":"
			    "\"a\"},{\"type\":\"foreign\",\"foreign\":\"b\"},"
			    "{\"index\":1,\"type\":\"encrypted\","
			    "\"encrypted\":\"c\",\"more\":1}]"),
		"{\"reasoning_details\":[{\"type\":\"summary\",\"summary\":"
		"\"a\"},{\"type\":\"encrypted\",\"encrypted\":\"c\"}]}");
	assert_string_equal(put(*state, "[]"), "{}");
	assert_string_equal(put(*state, "[{\"type\":\"x\"}]"), "{}");
	assert_string_equal(put(*state, "no json"), "{}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_are_joined_by_their_index),
		TEST(without_an_index_the_position_counts),
		TEST(what_kimi_would_not_take_back_is_left_out),
		TEST(further_entries_are_dropped),
		TEST(they_go_back_without_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
