/* SPDX-License-Identifier: MIT */
/* Requests that take Kimi long; the clock is this test's. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

/* Every look at this clock takes a second. */
int64_t clock_ms(void)
{
	static int64_t now;

	return now += 1000;
}

int64_t clock_wall_ms(void)
{
	return INT64_C(1700000000000);
}

void clock_sleep_ms(int64_t ms)
{
	(void)ms;
}

#define LISTED "{\"data\":[{\"id\":\"kimi-new\"}]}"
#define NEW(messages) "{\"model\":\"kimi-new\",\"messages\":[" messages "]}"

/* The model is looked up before the conversation is known. */
static void a_slow_list_of_models_disturbs_no_conversation(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = "/models",
		  .status = 200,
		  .body = LISTED },
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	s->replay.step = 1;
	assert_contains(site_ask(s, "POST", CONVERSATION, NEW(SAYS("A"))),
			"fine");
	assert_string_equal(database_text(*state, s->db_path,
					  "SELECT group_concat(status || "
					  "model || conversation_id) "
					  "FROM requests"),
			    "donekimi-new1");
}

/* The row of a long request has the model's own name, too. */
static void nor_the_row_of_a_stateless_request(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = "/models",
		  .status = 200,
		  .body = LISTED },
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(
		*state, "KIMI_MODEL_ALIASES=other=kimi-new\n", answers);

	s->replay.step = 1;
	assert_contains(
		site_ask(s, "POST", CHAT,
			 "{\"model\":\"other\",\"messages\":[" SAYS("A") "]}"),
		"fine");
	assert_string_equal(database_text(*state, s->db_path,
					  "SELECT group_concat(status || "
					  "model) FROM requests"),
			    "donekimi-new");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_slow_list_of_models_disturbs_no_conversation),
		TEST(nor_the_row_of_a_stateless_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
