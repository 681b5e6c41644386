/* SPDX-License-Identifier: MIT */
/* What the relay does as time passes; here it passes without waiting. */
#include "tests/unit/support/test.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/skipped_time.h"

#define SECOND_MS INT64_C(1000)

/* Kimi sends four words, each in a read of its own. */
#define WORDS CMPL("one") CMPL("two") CMPL("six") CMPL("ten")
#define READ (sizeof(CMPL("one")) - 1)

static struct site *slow_site(struct arena *a, struct replay_answer *answers,
			      int64_t silence_ms)
{
	struct site *s = site_open(a, NULL, answers);

	s->replay.step = READ;
	s->replay.silence_ms = silence_ms;
	return s;
}

static const char *spoken_slowly(struct arena *a, int64_t silence_ms)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, WORDS ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};

	return site_ask(slow_site(a, answers, silence_ms), "POST", CHAT,
			STREAM(SAYS("A")));
}

static size_t count_of(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

static void silence_is_filled_with_comments(void **state)
{
	const char *response = spoken_slowly(*state, 11 * SECOND_MS);

	/* The first has to begin the stream. */
	assert_contains(response, "\r\n\r\n: keep-alive\n\n");
	assert_int_equal(count_of(response, ": keep-alive\n\ndata: "), 5);
	assert_contains(response, "[DONE]");
}

static void who_is_spoken_to_needs_no_comments(void **state)
{
	assert_lacks(spoken_slowly(*state, 4 * SECOND_MS), "keep-alive");
}

struct lease {
	struct site *site;
	int64_t shortest_ms; /* that was left at any of the words */
};

static void look(void *ctx)
{
	struct lease *l = ctx;
	int64_t until = database_int(
		l->site->db_path, "SELECT min(lease_uptime) FROM "
				  "(SELECT lease_uptime FROM requests "
				  "UNION ALL SELECT lease_uptime FROM slots)");

	if (until - clock_ms() < l->shortest_ms)
		l->shortest_ms = until - clock_ms();
}

/* Else another process would take over its conversation, or its slot. */
static void the_leases_of_a_long_request_are_renewed(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, WORDS ALL_DONE),
		CREATES("c1"),
		{ 0 },
	};
	struct site *s = slow_site(*state, answers, 12 * SECOND_MS);
	struct string_gateway *g =
		site_request(s, "POST", CONVERSATION, STREAM(SAYS("A")));
	struct lease lease = { .site = s, .shortest_ms = INT64_MAX };

	g->watched = "\"content\":\"";
	g->on_watched = look;
	g->watched_ctx = &lease;
	assert_contains(site_serve(s, g), "[DONE]");
	assert_in_range(lease.shortest_ms, 1, TURN_LEASE_MS);
	assert_string_equal(database_text(*state, s->db_path,
					  "SELECT status FROM requests"),
			    "done");
}

/* As another process would. */
/* Whether the row of a short request was there while it ran. */
static bool has_early_row(struct arena *a, bool notes)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, WORDS ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(a, NULL, answers);

	if (!notes)
		assert_int_equal(
			mkdir(arena_printf(a, "%s-running", s->db_path), 0700),
			0);
	site_ask(s, "POST", CHAT, STREAM(SAYS("A")));
	return database_int(s->db_path, "SELECT lease_uptime IS NOT NULL "
					"AND lease_uptime > 0 "
					"FROM requests") != 0;
}

static void what_cannot_be_noted_has_its_row_from_the_start(void **state)
{
	assert_false(has_early_row(*state, true));
	assert_true(has_early_row(*state, false));
}

static void give_up_turn(void *ctx)
{
	struct site *s = ctx;

	assert_int_equal(database_int(s->db_path, "SELECT count(*) FROM slots"),
			 1);
	database_run(s->db_path, "UPDATE requests SET status = 'failed', "
				 "error_kind = 'interrupted'");
}

static void a_turn_that_was_given_up_has_no_slot(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, WORDS ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = slow_site(*state, answers, 0);
	struct string_gateway *g =
		site_request(s, "POST", CONVERSATION, STREAM(SAYS("A")));

	g->watched = "\"content\":\"one";
	g->on_watched = give_up_turn;
	g->watched_ctx = s;
	assert_lacks(site_serve(s, g), "[DONE]");
	assert_int_equal(database_int(s->db_path, "SELECT count(*) FROM slots"),
			 0);
}

#define KEYS                                                                   \
	"KIMI_TOKENS=sk-aaaaaaaaaaaaaaaaaaaaaaaa,"                             \
	"sk-bbbbbbbbbbbbbbbbbbbbbbbb\n"

/* How often each of the two credentials was asked. */
static void asked_are(struct site *s, size_t a, size_t b)
{
	size_t n[2] = { 0 };

	for (size_t i = 0; i < s->replay.n_calls; i++)
		n[s->replay.calls[i].bearer[3] == 'b']++;
	assert_int_equal(n[0], a);
	assert_int_equal(n[1], b);
	s->replay.n_calls = 0;
}

static void a_credential_that_failed_is_left_alone_for_a_while(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(429, "{}"),
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s;

	answers[0].retry_after_ms = 60 * SECOND_MS;
	answers[1].again = true;
	s = site_open(*state, KEYS, answers);
	for (int i = 0; i < 5; i++)
		assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))),
				"fine");
	asked_are(s, 1, 5);
	skipped_time_pass(61 * SECOND_MS);
	for (int i = 0; i < 4; i++)
		site_ask(s, "POST", CHAT, PLATFORM(SAYS("A")));
	asked_are(s, 2, 2);
}

/* A web server that sent something which is not for this request. */
static enum gateway_state stop_watching(void *ctx)
{
	struct string_gateway *g = ctx;

	g->looks++;
	g->gateway.watch[0].fd = -1;
	return GATEWAY_OPEN;
}

/* As FastCGI does with all but an abort: it stays readable, and would be read
 * for ever. */
static void what_is_not_watched_any_more_wakes_nobody(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(503, "{}"),
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	struct string_gateway *g =
		site_request(s, "POST", CHAT, PLATFORM(SAYS("A")));
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	g->gateway.watch[0].fd = ends[0];
	g->gateway.watch[0].events = POLLIN;
	g->gateway.state = stop_watching;
	assert_contains(site_serve(s, g), "fine");
	assert_int_equal(s->replay.n_calls, 2);
	assert_int_equal(g->looks, 1);
	close(ends[0]);
	close(ends[1]);
}

static enum gateway_state be_gone(void *ctx)
{
	struct string_gateway *g = ctx;

	g->looks++;
	return GATEWAY_GONE;
}

static void detach(void *ctx)
{
	(void)ctx;
}

/* Its connection stays readable, too. */
static void a_client_that_left_is_not_looked_for_again(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(503, "{}"),
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	struct string_gateway *g = site_request(
		s, "POST", "/v1/responses",
		"{\"model\":\"kimi-k3\",\"input\":\"A\",\"stream\":true}");
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	g->gateway.watch[0].fd = ends[0];
	g->gateway.watch[0].events = POLLIN;
	g->gateway.state = be_gone;
	g->gateway.detach = detach;
	site_serve(s, g);
	assert_int_equal(s->replay.n_calls, 2);
	assert_int_equal(g->looks, 1);
	assert_string_equal(database_text(*state, s->db_path,
					  "SELECT status FROM requests"),
			    "done");
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(silence_is_filled_with_comments),
		TEST(who_is_spoken_to_needs_no_comments),
		TEST(the_leases_of_a_long_request_are_renewed),
		TEST(what_cannot_be_noted_has_its_row_from_the_start),
		TEST(a_turn_that_was_given_up_has_no_slot),
		TEST(a_credential_that_failed_is_left_alone_for_a_while),
		TEST(what_is_not_watched_any_more_wakes_nobody),
		TEST(a_client_that_left_is_not_looked_for_again),
	};

	skipped_time_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
