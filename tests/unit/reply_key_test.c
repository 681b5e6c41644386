/* SPDX-License-Identifier: MIT */
/* How a reply that a client sends back is recognised. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "chat/reply_key.h"

static struct chat_message text(struct arena *a, const char *s)
{
	struct chat_part *part = arena_alloc(a, sizeof(*part));

	part->text = s;
	return (struct chat_message){ .role = CHAT_ASSISTANT,
				      .parts = part,
				      .n_parts = 1 };
}

static const char *key_of(struct arena *a, const char *s)
{
	struct chat_message m = text(a, s);

	return chat_reply_key(&m, a);
}

static void a_call_is_known_by_its_id(void **state)
{
	static const struct chat_call calls[] = {
		{ "call_1", "f", "{}" },
		{ "call_2", "g", "{}" },
	};
	struct chat_message m = text(*state, "with words");

	m.calls = calls;
	m.n_calls = 2;
	assert_string_equal(chat_reply_key(&m, *state), "call_1");
	m.n_parts = 0;
	assert_string_equal(chat_reply_key(&m, *state), "call_1");
}

static void a_text_is_known_by_its_hash(void **state)
{
	/* sha256sum of "Hello" */
	assert_string_equal(key_of(*state, "Hello"),
			    "185f8db32271fe25f561a6fc938b2e264306ec304eda518007"
			    "d1764826381969");
	assert_string_not_equal(key_of(*state, "Hello"),
				key_of(*state, "hello"));
}

static void white_space_around_it_does_not_count(void **state)
{
	const char *key = key_of(*state, "a b");

	assert_string_equal(key_of(*state, "  a b"), key);
	assert_string_equal(key_of(*state, "a b\n\n"), key);
	assert_string_equal(key_of(*state, "\t a b \r\n"), key);
	assert_string_not_equal(key_of(*state, "a  b"), key);
}

static void parts_count_as_one_text(void **state)
{
	static const struct chat_part parts[] = {
		{ .text = " a" },
		{ .kind = CHAT_PART_IMAGE, .text = "data:x" },
		{ .text = " b" },
	};
	struct chat_message m = { .role = CHAT_ASSISTANT,
				  .parts = parts,
				  .n_parts = COUNT(parts) };

	assert_string_equal(chat_reply_key(&m, *state), key_of(*state, "a b"));
}

static void an_empty_reply_has_no_key(void **state)
{
	struct chat_message m = { .role = CHAT_ASSISTANT };

	assert_null(chat_reply_key(&m, *state));
	assert_null(key_of(*state, ""));
	assert_null(key_of(*state, " \n\t "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_is_known_by_its_id),
		TEST(a_text_is_known_by_its_hash),
		TEST(white_space_around_it_does_not_count),
		TEST(parts_count_as_one_text),
		TEST(an_empty_reply_has_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
