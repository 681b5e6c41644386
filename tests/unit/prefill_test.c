/* SPDX-License-Identifier: MIT */
/* A reply that the client has begun: what of it reaches Kimi. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define MESSAGES "/v1/messages"
#define BEGUN(members) "{\"role\":\"assistant\"," members "}"
#define PARTIAL(members) BEGUN(members ",\"partial\":true")

/* What Kimi gets as the message so many before the last. */
static const char *sent_at(struct arena *a, const char *path,
			   const char *messages, int before)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("fine") END),
		{ 0 },
	};
	struct site *s = site_open(a, NULL, answers);
	const cJSON *list;

	assert_contains(
		site_ask(s, "POST", path,
			 arena_printf(a,
				      "{\"model\":\"kimi-k2.6\","
				      "\"max_tokens\":9,\"messages\":[" SAYS(
					      "Who?") ",%s]}",
				      messages)),
		"fine");
	list = json_at(parse(a, s->replay.calls[0].body), "messages");
	return json_print(a, cJSON_GetArrayItem(list, cJSON_GetArraySize(list) -
							      1 - before));
}

static const char *sent(struct arena *a, const char *path, const char *begun)
{
	return sent_at(a, path, begun, 0);
}

static const char *sent_before(struct arena *a, const char *begun)
{
	return sent_at(a, CHAT, arena_printf(a, "%s," SAYS("Go on."), begun),
		       1);
}

#define REACHES(members) "{\"role\":\"assistant\"," members ",\"partial\":true}"
#define NONE SAYS("Who?")

static void a_partial_message_reaches_kimi(void **state)
{
	static const char *const rows[][2] = {
		{ PARTIAL("\"content\":\"Hi\""),
		  REACHES("\"content\":\"Hi\"") },
		{ PARTIAL("\"name\":\"Kelsey\",\"content\":\"\""),
		  REACHES("\"name\":\"Kelsey\",\"content\":\"\"") },
		{ PARTIAL("\"name\":\"Kelsey\",\"content\":null"),
		  REACHES("\"name\":\"Kelsey\",\"content\":\"\"") },
		{ PARTIAL("\"name\":\"Kelsey\""),
		  REACHES("\"name\":\"Kelsey\",\"content\":\"\"") },
		{ PARTIAL("\"name\":\"Kelsey\",\"content\":[]"),
		  REACHES("\"name\":\"Kelsey\",\"content\":\"\"") },
		{ PARTIAL("\"content\":\"\",\"reasoning_content\":\"hm\""),
		  REACHES("\"content\":\"\",\"reasoning_content\":\"hm\"") },
		/* Kimi would refuse what says nothing at all. */
		{ PARTIAL("\"content\":\"\""), NONE },
		{ PARTIAL("\"content\":\"\",\"name\":\"\""), NONE },
		{ BEGUN("\"content\":\"\",\"name\":\"Kelsey\""), NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(sent(*state, CHAT, rows[i][0]), rows[i][1]);
}

/* It was continued in an earlier turn. */
static void one_that_is_not_the_last_is_a_reply_like_any(void **state)
{
	static const char *const rows[][2] = {
		{ PARTIAL("\"content\":\"Hi\""), BEGUN("\"content\":\"Hi\"") },
		{ PARTIAL("\"name\":\"Kelsey\",\"content\":\"Hi\""),
		  BEGUN("\"name\":\"Kelsey\",\"content\":\"Hi\"") },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(sent_before(*state, rows[i][0]),
				    rows[i][1]);
	/* Kimi would refuse it. */
	assert_string_equal(
		sent_before(*state,
			    PARTIAL("\"name\":\"Kelsey\",\"content\":\"\"")),
		NONE);
}

#define THINKS "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"\"}"

static void so_does_the_last_message_of_messages(void **state)
{
	static const char *const rows[][2] = {
		{ BEGUN("\"content\":\"Hi\""), REACHES("\"content\":\"Hi\"") },
		{ BEGUN("\"content\":[" THINKS "]"),
		  REACHES("\"content\":\"\",\"reasoning_content\":\"hm\"") },
		{ BEGUN("\"content\":\"\""), NONE },
		{ BEGUN("\"content\":[]"), NONE },
		{ BEGUN("\"content\":[{\"type\":\"text\",\"text\":\"\"}]"),
		  NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(sent(*state, MESSAGES, rows[i][0]),
				    rows[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_partial_message_reaches_kimi),
		TEST(one_that_is_not_the_last_is_a_reply_like_any),
		TEST(so_does_the_last_message_of_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
