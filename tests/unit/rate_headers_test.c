/* SPDX-License-Identifier: MIT */
/* What is left of an API key's limits, in the headers of each dialect. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "dialect/dialect.h"
#include "tests/unit/support/skipped_time.h"

static const char *head(struct arena *a, const struct dialect *d,
			const struct rate_limit *requests,
			const struct rate_limit *tokens)
{
	struct response r;
	const char *text;

	response_init(&r, NULL, false);
	d->rates(&r, requests, tokens);
	text = r.head.len == 0 ? "" : arena_copy_n(a, r.head.p, r.head.len);
	response_fini(&r);
	return text;
}

static void openai_writes_durations(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "0s" },	    { 12, "12ms" },	  { 1000, "1s" },
		{ 1674, "1.674s" }, { 59001, "59.001s" }, { 60000, "1m0s" },
		{ 360000, "6m0s" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rate_limit l = { 600, 599, rows[i].ms };
		const struct rate_limit none = { 0 };

		assert_string_equal(
			head(*state, &dialect_openai_chat, &l, &none),
			arena_printf(*state,
				     "x-ratelimit-limit-requests: 600\r\n"
				     "x-ratelimit-remaining-requests: 599\r\n"
				     "x-ratelimit-reset-requests: %s\r\n"
				     "Access-Control-Expose-Headers: "
				     "x-ratelimit-limit-requests, "
				     "x-ratelimit-remaining-requests, "
				     "x-ratelimit-reset-requests\r\n",
				     rows[i].text));
	}
}

static void anthropic_writes_times_that_are_not_too_early(void **state)
{
	const struct rate_limit requests = { 5, 0, 60000 };
	const struct rate_limit tokens = { 1000, 20, 1500 };
	const char *text;

	skipped_time_set_wall(0);
	skipped_time_set_wall(1796126400200 - clock_wall_ms());
	text = head(*state, &dialect_anthropic_messages, &requests, &tokens);
	assert_contains(text, "anthropic-ratelimit-requests-limit: 5\r\n"
			      "anthropic-ratelimit-requests-remaining: 0\r\n"
			      "anthropic-ratelimit-requests-reset: "
			      "2026-12-01T12:01:01Z\r\n");
	assert_contains(text, "anthropic-ratelimit-tokens-remaining: 20\r\n"
			      "anthropic-ratelimit-tokens-reset: "
			      "2026-12-01T12:00:02Z\r\n");
}

static void web_pages_may_read_them(void **state)
{
	const struct rate_limit l = { 5, 0, 60000 };
	const char *text = head(*state, &dialect_anthropic_messages, &l, &l);

	assert_contains(text, "Access-Control-Expose-Headers: "
			      "anthropic-ratelimit-requests-limit, "
			      "anthropic-ratelimit-requests-remaining, "
			      "anthropic-ratelimit-requests-reset\r\n");
	assert_contains(text, "Access-Control-Expose-Headers: "
			      "anthropic-ratelimit-tokens-limit, "
			      "anthropic-ratelimit-tokens-remaining, "
			      "anthropic-ratelimit-tokens-reset\r\n");
}

static void a_key_without_limits_has_no_such_headers(void **state)
{
	const struct rate_limit none = { 0 };

	assert_string_equal(
		head(*state, &dialect_openai_responses, &none, &none), "");
	assert_string_equal(
		head(*state, &dialect_anthropic_messages, &none, &none), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(openai_writes_durations),
		TEST(anthropic_writes_times_that_are_not_too_early),
		TEST(web_pages_may_read_them),
		TEST(a_key_without_limits_has_no_such_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
