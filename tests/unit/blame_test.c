/* SPDX-License-Identifier: MIT */
/* What a request that fails does to the credentials, and how often it is
 * tried. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/skipped_time.h"

#define KEY(letter)                                                            \
	"sk-" letter letter letter letter letter letter letter letter letter   \
		letter letter letter letter letter letter letter letter letter \
			letter letter letter letter letter letter
#define SIX_KEYS                                                               \
	"KIMI_TOKENS=" KEY("a") "," KEY("b") "," KEY("c") "," KEY(             \
		"d") "," KEY("e") "," KEY("f") "\n"
#define TWO_HOSTS "MOONSHOT_URL=https://one.example/v1,https://two.example/v1\n"

static const char *bearer(const struct site *s, size_t call)
{
	return s->replay.calls[call].bearer;
}

static int64_t cooling(const struct site *s)
{
	return database_int(s->db_path,
			    "SELECT count(*) FROM credentials "
			    "WHERE cooldown_until > unixepoch() * 1000");
}

/* The same answer to each call. */
static struct site *ask_all(struct arena *a, const char *settings,
			    struct replay_answer answer, const char *status)
{
	struct replay_answer *answers = arena_array(a, 2, sizeof(*answers));
	struct site *s;

	answers[0] = answer;
	answers[0].again = true;
	s = site_open(a, settings, answers);
	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))), status);
	return s;
}

static void four_requests_may_fail_whatever_the_reason(void **state)
{
	static const struct {
		long status;
		const char *body, *shown;
		size_t calls;
		int64_t cooling;
	} rows[] = {
		/* The account's: each of them cools down. */
		{ 401, "{}", "Status: 502 ", 4, 4 },
		{ 429, "{}", "Status: 429 ", 4, 4 },
		{ 402, "{}", "Status: 429 ", 4, 4 },
		/* The request's: none does. Those that were tried are tried
		 * once more where the fault may pass. */
		{ 500, "{}", "Status: 502 ", 4, 0 },
		{ 502, "{}", "Status: 502 ", 2, 0 },
		{ 503, "{}", "Status: 503 ", 4, 0 },
		{ 504, "{}", "Status: 504 ", 2, 0 },
		{ 403, "{}", "Status: 403 ", 2, 0 },
		{ 200, "", "Status: 502 ", 2, 0 },
		{ 200, "data: no JSON\n\n", "Status: 502 ", 2, 0 },
		{ 400, "{}", "Status: 400 ", 1, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answer =
			PLATFORM_SAYS(rows[i].status, rows[i].body);
		struct site *s =
			ask_all(*state, SIX_KEYS, answer, rows[i].shown);

		if (s->replay.n_calls != rows[i].calls ||
		    cooling(s) != rows[i].cooling)
			fail_msg("%ld: %zu calls, %lld cool down",
				 rows[i].status, s->replay.n_calls,
				 (long long)cooling(s));
	}
}

/* Of several choices two each, until the first has failed: they share what
 * happens to the credentials, too. */
static void of_eight_choices_two_requests_each_may_fail(void **state)
{
	static const struct {
		long status;
		bool cools;
	} rows[] = {
		{ 401, true },	{ 429, true },	{ 402, true },	{ 500, false },
		{ 502, false }, { 503, false }, { 403, false }, { 400, false },
	};
	struct buf *tokens = arena_buf(*state, 4096);

	for (int i = 0; i < 40; i++)
		buf_printf(tokens, "%ssk-%028d", i == 0 ? "KIMI_TOKENS=" : ",",
			   i);
	buf_puts(tokens, "\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(rows[i].status, "{}"),
			{ 0 },
		};
		struct site *s;

		answers[0].again = true;
		s = site_open(*state, buf_text(tokens), answers);
		assert_lacks(site_ask(s, "POST", CHAT,
				      "{\"model\":\"kimi-k3\",\"n\":8,"
				      "\"messages\":[" SAYS("A") "]}"),
			     "Status: 200 ");
		assert_in_range(s->replay.n_calls, 1, 8 * 2);
		assert_in_range(cooling(s), rows[i].cools ? 1 : 0,
				rows[i].cools ? s->replay.n_calls : 0);
	}
}

static void a_cut_stream_is_tried_on_two(void **state)
{
	struct replay_answer answer = PLATFORM_SAYS(200, ": hello\n\n");
	struct site *s;

	answer.breaks = true;
	s = ask_all(*state, SIX_KEYS, answer, "Status: 502 ");
	assert_int_equal(s->replay.n_calls, 2);
	assert_string_not_equal(bearer(s, 0), bearer(s, 1));
	assert_int_equal(cooling(s), 0);
}

static void a_request_to_each_host_counts(void **state)
{
	struct replay_answer answer = PLATFORM_SAYS(401, "{}");
	struct site *s =
		ask_all(*state, SIX_KEYS TWO_HOSTS, answer, "Status: 502 ");

	assert_int_equal(s->replay.n_calls, 4);
	assert_string_equal(bearer(s, 0), bearer(s, 1));
	assert_string_equal(bearer(s, 2), bearer(s, 3));
	assert_int_equal(cooling(s), 2);
}

/* Before Kimi is asked for the reply. */
static void a_file_that_cannot_be_sent_counts(void **state)
{
	struct replay_answer answers[] = {
		{ "POST", "/files", 500, "{}", .again = true },
		{ 0 },
	};
	struct site *s = site_open(*state, SIX_KEYS, answers);

	assert_contains(
		site_ask(s, "POST", CHAT,
			 PLATFORM("{\"role\":\"user\",\"content\":[{\"type\":"
				  "\"file\",\"file\":{\"filename\":\"a.pdf\","
				  "\"file_data\":\"data:application/pdf;base64,"
				  "JVBERi0xLjcK\"}}]}")),
		"Status: 502 ");
	assert_in_range(s->replay.n_calls, 2, 4);
	assert_int_equal(cooling(s), 0);
}

static void different_failures_are_those_of_credentials(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(502, "{}"),
		PLATFORM_SAYS(504, "{}"),
		PLATFORM_SAYS(401, "{}"),
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(*state, SIX_KEYS, answers);

	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))), "fine");
	assert_int_equal(s->replay.n_calls, 4);
	assert_int_equal(cooling(s), 3);
}

/* Both came within a reply that began with 200. */
static void of_one_status_the_kind_may_differ(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, "data: no JSON\n\n"),
		PLATFORM_SAYS(200, "data: {\"error\":{\"type\":"
				   "\"engine_overloaded_error\",\"message\":"
				   "\"busy\"}}\n\n"),
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(*state, SIX_KEYS, answers);

	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))), "fine");
	assert_int_equal(s->replay.n_calls, 3);
	assert_int_equal(cooling(s), 2);
}

/* Kimi itself says when to come back. */
static void a_named_time_is_believed(void **state)
{
	struct replay_answer answer = PLATFORM_SAYS(503, "{}");
	struct site *s;

	answer.retry_after_ms = 60000;
	s = ask_all(*state, SIX_KEYS, answer, "Status: 503 ");
	assert_int_equal(s->replay.n_calls, 4);
	assert_int_equal(cooling(s), 4);
}

static void a_credential_that_works_forgets_its_failure(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(401, "{\"error\":{\"message\":\"who?\"}}"),
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))),
			"Kimi says: who?");
	assert_int_equal(cooling(s), 1);
	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))), "fine");
	assert_int_equal(
		database_int(s->db_path,
			     "SELECT count(*) FROM credentials WHERE "
			     "cooldown_kind IS NULL AND cooldown_until = 0 "
			     "AND cooldown_words IS NULL"),
		1);
}

/* At the first failure and at every later one, also when it is not asked. */
static void the_client_learns_whose_credential_failed(void **state)
{
	struct replay_answer answer = PLATFORM_SAYS(
		401, "{\"error\":{\"message\":\"who is that?\"}}");
	struct site *s = ask_all(*state, SIX_KEYS, answer, "Status: 502 ");

	for (int i = 0; i < 4; i++) {
		const char *said =
			site_ask(s, "POST", CHAT, PLATFORM(SAYS("A")));

		assert_contains(said, "Status: 502 ");
		assert_contains(said, "upstream_credential_rejected");
		assert_contains(said, "x-should-retry: false\r\n");
		assert_contains(said, "platform.kimi.ai");
		assert_contains(said, "KIMI_TOKENS. Kimi says: who is that?");
	}
	assert_int_equal(
		database_int(
			s->db_path,
			"SELECT count(*) FROM v_errors WHERE "
			"kind = 'our_credential' AND credential LIKE "
			"'platform sk-%' AND error LIKE '%Kimi says: who is that?'"),
		5);
}

/* However long each request to Kimi takes. */
static void a_reply_has_to_begin_within_a_time(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(502, "{}"),
		PLATFORM_SAYS(502, "{}"),
		{ 0 },
	};
	struct site *s;
	int64_t begun = clock_ms();

	s = site_open(*state, SIX_KEYS, answers);
	s->replay.step = 1;
	s->replay.silence_ms = 400000;
	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))),
			"Status: 502 ");
	/* Its first request took longer than all may take. */
	assert_int_equal(s->replay.n_calls, 1);
	assert_true(clock_ms() - begun >= 800000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(four_requests_may_fail_whatever_the_reason),
		TEST(of_eight_choices_two_requests_each_may_fail),
		TEST(a_cut_stream_is_tried_on_two),
		TEST(a_request_to_each_host_counts),
		TEST(a_file_that_cannot_be_sent_counts),
		TEST(different_failures_are_those_of_credentials),
		TEST(of_one_status_the_kind_may_differ),
		TEST(a_named_time_is_believed),
		TEST(a_credential_that_works_forgets_its_failure),
		TEST(the_client_learns_whose_credential_failed),
		TEST(a_reply_has_to_begin_within_a_time),
	};

	skipped_time_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
