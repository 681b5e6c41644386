/* SPDX-License-Identifier: MIT */
/* What is tried again when no credential brought a reply. */
#include "tests/unit/support/test.h"

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define TWO_KEYS                                                               \
	"KIMI_TOKENS=sk-aaaaaaaaaaaaaaaaaaaaaaaa,"                             \
	"sk-bbbbbbbbbbbbbbbbbbbbbbbb\n"

static const char *bearer(const struct site *s, size_t call)
{
	return s->replay.calls[call].bearer;
}

/* The overload is temporary, the refused key stays refused. */
static void only_temporary_faults_are_tried_again(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(401, "{}"),
		PLATFORM_SAYS(503, "{}"),
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(*state, TWO_KEYS, answers);

	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))), "fine");
	assert_int_equal(s->replay.n_calls, 3);
	assert_string_not_equal(bearer(s, 0), bearer(s, 1));
	assert_string_equal(bearer(s, 2), bearer(s, 1));
}

static void a_long_cooldown_stops_no_retry_of_the_other(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(429, "{}"),
		PLATFORM_SAYS(503, "{}"),
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s;

	answers[0].retry_after_ms = 60000;
	s = site_open(*state, TWO_KEYS, answers);
	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))), "fine");
	assert_string_equal(bearer(s, 2), bearer(s, 1));
}

static void if_the_fault_stays_one_error_takes_precedence(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(429, "{}"),
		PLATFORM_SAYS(503, "{}"),
		PLATFORM_SAYS(503, "{}"),
		{ 0 },
	};
	struct site *s;

	answers[0].retry_after_ms = 60000;
	s = site_open(*state, TWO_KEYS, answers);
	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))),
			"Retry-After: 60\r\n");
	assert_int_equal(s->replay.n_calls, 3);
}

static void
a_fault_is_not_tried_again_when_kimi_asks_for_a_longer_wait(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(503, "{}"),
		{ 0 },
	};
	struct site *s;

	answers[0].retry_after_ms = 2000;
	s = site_open(*state, NULL, answers);
	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))),
			"Status: 503 ");
	assert_int_equal(s->replay.n_calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_temporary_faults_are_tried_again),
		TEST(a_long_cooldown_stops_no_retry_of_the_other),
		TEST(if_the_fault_stays_one_error_takes_precedence),
		TEST(a_fault_is_not_tried_again_when_kimi_asks_for_a_longer_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
