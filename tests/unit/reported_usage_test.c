/* SPDX-License-Identifier: MIT */
/* Which tokens, as services report them, are believed. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/event_log.h"
#include "tests/unit/support/quoted.h"
#include "upstream/api/reported_usage.h"

/* Whether they are believed after `text`. `numbers` has p, c, k (cached), w
 * and h (put in the cache, of that for an hour), r (reasoning), t (total). */
static bool believed(struct arena *a, const char *text, const char *numbers,
		     struct chat_usage *got)
{
	const cJSON *usage = quoted_tree(a, numbers);
	struct reported_usage u = { 0 };
	struct event_log *log = arena_alloc(a, sizeof(*log));
	struct chat_stream s;
	int64_t total = 0;
	bool ok;

	event_log_init(log, a);
	chat_stream_init(&s, a, event_log_event, log);
	assert_true(chat_stream_text(&s, text, strlen(text)));
	reported_usage_read(&u, &u.tokens.prompt, usage, "p");
	reported_usage_read(&u, &u.tokens.completion, usage, "c");
	reported_usage_read(&u, &u.tokens.cached, usage, "k");
	reported_usage_read(&u, &u.tokens.reasoning, usage, "r");
	reported_usage_read(&u, &u.tokens.cache_write, usage, "w");
	reported_usage_read(&u, &u.tokens.cache_write_1h, usage, "h");
	reported_usage_read(&u, &total, usage, "t");
	/* What was believed before does not remain. */
	chat_stream_usage(&s,
			  &(struct chat_usage){ .source = CHAT_USAGE_UPSTREAM,
						.prompt = 1,
						.completion = 1 });
	ok = reported_usage_pass_on(&u, total, &s);
	*got = s.usage;
	assert_int_equal(got->source,
			 ok ? CHAT_USAGE_UPSTREAM : CHAT_USAGE_NONE);
	return ok;
}

static void possible_numbers_are_passed_on(void **state)
{
	static const char *const rows[] = {
		"{'p':9,'c':4,'k':2,'r':1,'t':13}",
		"{'p':9,'c':4,'k':2,'r':1}",
		"{'p':9.0,'c':4e0,'k':2,'r':1,'t':null}",
	};
	struct chat_usage u;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(believed(*state, "text", rows[i], &u));
		assert_int_equal(u.prompt, 9);
		assert_int_equal(u.completion, 4);
		assert_int_equal(u.cached, 2);
		assert_int_equal(u.reasoning, 1);
	}
	assert_true(believed(*state, "text", "{'p':1048576,'c':1048576}", &u));
	assert_true(believed(*state, "", "{'p':9,'c':0,'t':9}", &u));
	assert_true(believed(*state, "t", "{'p':9,'c':4,'k':9,'r':4}", &u));
	assert_true(
		believed(*state, "t", "{'p':9,'c':4,'k':3,'w':6,'h':6}", &u));
	assert_int_equal(u.cache_write, 6);
	assert_int_equal(u.cache_write_1h, 6);
}

static void impossible_numbers_are_not_believed(void **state)
{
	static const char *const rows[] = {
		"{'p':-9,'c':4}",
		"{'p':9,'c':-4}",
		"{'p':9,'c':4,'k':-1}",
		"{'p':9,'c':4,'r':-1}",
		"{'p':9,'c':4,'k':5,'w':5}",
		"{'p':9,'c':4,'w':10}",
		"{'p':9,'c':4,'w':2,'h':3}",
		"{'p':9,'c':4,'t':-13}",
		"{'p':9.5,'c':4}",
		"{'p':9,'c':4.25}",
		"{'p':9,'c':4,'k':0.5}",
		"{'p':'9','c':4}",
		"{'p':9,'c':'four'}",
		"{'p':9,'c':{}}",
		"{'p':[9],'c':4}",
		"{'p':true,'c':4}",
		"{'p':99999999,'c':4}",
		"{'p':9,'c':1e300}",
		"{'p':9,'c':1e999}",
		"{'p':9,'c':9223372036854775807}",
		"{'p':9,'c':4,'k':10}",
		"{'p':9,'c':4,'r':5}",
		"{'p':9,'c':4,'t':14}",
		"{'p':9,'c':4,'t':1}",
		"{'p':9,'c':0}",
		"{'p':9}",
		"{'p':0,'c':4}",
		"{'c':4}",
		"{'p':0,'c':0,'t':0}",
		"{}",
	};
	struct chat_usage u;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (believed(*state, "text", rows[i], &u))
			fail_msg("%s", rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(possible_numbers_are_passed_on),
		TEST(impossible_numbers_are_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
