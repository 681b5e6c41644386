/* SPDX-License-Identifier: MIT */
/* Resumed streams in which nothing visible happens. The clock is this test's. */
#include "tests/unit/support/test.h"

#include "base/clock.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define RESPONSES "/v1/responses"

/* How long it seems to run. */
#define HELD_MS 60000

/* These clocks advance one second with each look. */
int64_t clock_ms(void)
{
	static int64_t now;

	return now += 1000;
}

int64_t clock_wall_ms(void)
{
	static int64_t now = INT64_C(1700000000000);

	return now += 1000;
}

void clock_sleep_ms(int64_t ms)
{
	(void)ms;
}

/* A response that is running again, with an empty log. Each time it is read
 * there is one more batch, which is `sql`, and after twelve it fails. */
static struct string_gateway *run_again(struct site *s, const char *sql)
{
	const char *r = site_ask(s, "POST", RESPONSES,
				 "{\"model\":\"kimi-k3\",\"input\":\"A\","
				 "\"reasoning\":{\"effort\":\"none\"}}");
	const char *id = json_text(parse(s->arena, site_body(r)), "id");
	struct string_gateway *g = site_request(
		s, "GET", arena_printf(s->arena, RESPONSES "/%s", id), NULL);

	string_gateway_set(g, "QUERY_STRING", "stream=true");
	database_run(
		s->db_path,
		arena_printf(
			s->arena,
			"UPDATE requests SET status = 'running', "
			"lease_owner = NULL, lease_uptime = %lld;"
			"CREATE TRIGGER says AFTER UPDATE OF read_at "
			"ON stored_responses BEGIN INSERT INTO stream_logs "
			"SELECT 1, 1 + count(*), %s || char(10) "
			"FROM stream_logs;"
			"UPDATE requests SET status = 'failed', "
			"error = 'x', error_kind = 'upstream' WHERE "
			"(SELECT count(*) FROM stream_logs) > 12; END",
			(long long)clock_ms() + HELD_MS, sql));
	return g;
}

static void hidden_thinking_does_not_stop_the_keep_alive(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		{ 0 },
	};
	struct site *s = site_open(*state, "KIMI_KEEPALIVE=5\n", answers);
	struct string_gateway *g = run_again(
		s, "CASE count(*) WHEN 0 THEN '{\"start\":true}' "
		   "WHEN 1 THEN '{\"open\":\"reasoning\",\"index\":0}' "
		   "ELSE '{\"delta\":\"hm \"}' END");
	const char *r = site_serve(s, g);

	assert_lacks(r, "hm "); /* no id has a blank */
	assert_contains(r, "event: response.failed");
	assert_contains(r, "\n: keep-alive\n");
}

static void a_damaged_log_is_an_error(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	assert_contains(site_serve(s, run_again(s, "'damaged'")),
			"Status: 500 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hidden_thinking_does_not_stop_the_keep_alive),
		TEST(a_damaged_log_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
