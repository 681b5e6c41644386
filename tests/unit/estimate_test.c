/* SPDX-License-Identifier: MIT */
/* Estimates of tokens, without a vocabulary. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tokens/estimate.h"

#define USER "{\"role\":\"user\",\"content\":\"Hi\"}"

static struct chat_reply *reply_new(struct arena *a)
{
	struct chat_reply *r = arena_alloc(a, sizeof(*r));

	chat_reply_init(r, a);
	return r;
}

static int64_t estimate(const char *text)
{
	return tokens_estimate_text(text, strlen(text));
}

/* 0.65 for a Han character, 0.25 for any other byte, rounded up. */
static void texts_are_estimated_by_characters_and_bytes(void **state)
{
	(void)state;
	assert_int_equal(estimate(""), 0);
	assert_int_equal(estimate("a"), 1);
	assert_int_equal(estimate("abcd"), 1);
	assert_int_equal(estimate("abcde"), 2);
	assert_int_equal(estimate("\xE4\xBD\xA0"), 1);
	assert_int_equal(estimate("\xE4\xBD\xA0\xE5\xA5\xBD"), 2);
	/* 20 Han characters. */
	assert_int_equal(estimate("\xE4\xBD\xA0\xE4\xBD\xA0\xE4\xBD\xA0"
				  "\xE4\xBD\xA0\xE4\xBD\xA0\xE4\xBD\xA0"
				  "\xE4\xBD\xA0\xE4\xBD\xA0\xE4\xBD\xA0"
				  "\xE4\xBD\xA0\xE4\xBD\xA0\xE4\xBD\xA0"
				  "\xE4\xBD\xA0\xE4\xBD\xA0\xE4\xBD\xA0"
				  "\xE4\xBD\xA0\xE4\xBD\xA0\xE4\xBD\xA0"
				  "\xE4\xBD\xA0\xE4\xBD\xA0"),
			 13);
	/* Kana, Hangul, emoji and CJK punctuation are not Han. */
	assert_int_equal(estimate("\xE3\x81\x82"), 1);
	assert_int_equal(estimate("\xE3\x80\x82\xE3\x80\x82"), 2);
	assert_int_equal(estimate("\xF0\x9F\x91\x8D\xF0\x9F\x91\x8D"), 2);
	assert_int_equal(estimate("\xF0\xA0\x80\x80"), 1);
}

static void an_exchange_is_the_sum_of_its_parts(void **state)
{
	struct chat_request r =
		decode(*state, "{\"model\":\"m\",\"messages\":[" USER "]}");
	struct chat_reply *reply = reply_new(*state);
	struct chat_usage u;

	buf_puts(&reply->text, "12345678");
	buf_puts(&reply->reasoning, "1234");
	u = tokens_estimate(&r, reply);
	assert_int_equal(u.source, CHAT_USAGE_ESTIMATED);
	assert_int_equal(u.prompt, 3 + 4 + 1);
	assert_int_equal(u.reasoning, 1);
	assert_int_equal(u.completion, 3 + 1);
}

static void more_in_a_request_costs_more(void **state)
{
	static const char *const bodies[] = {
		"{\"model\":\"m\",\"messages\":[" USER "]}",
		"{\"model\":\"m\",\"messages\":[" USER "," USER "]}",
		"{\"model\":\"m\",\"messages\":[" USER "," USER
		"],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
		"\"f\"}}]}",
		"{\"model\":\"m\",\"messages\":[" USER "," USER
		",{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
		"\"image_url\":\"data:x\"}]}]}",
	};
	struct chat_reply *reply = reply_new(*state);
	int64_t min = 0;

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct chat_request r = decode(*state, bodies[i]);
		int64_t prompt = tokens_estimate(&r, reply).prompt;

		assert_true(prompt > min);
		min = prompt;
	}
}

static void no_exchange_is_free(void **state)
{
	struct chat_request r =
		decode(*state, "{\"model\":\"m\",\"messages\":[" USER "]}");
	struct chat_usage u = tokens_estimate(&r, reply_new(*state));

	assert_true(u.prompt > 0);
	assert_true(u.completion > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(texts_are_estimated_by_characters_and_bytes),
		TEST(an_exchange_is_the_sum_of_its_parts),
		TEST(more_in_a_request_costs_more),
		TEST(no_exchange_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
