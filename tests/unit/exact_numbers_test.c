/* SPDX-License-Identifier: MIT */
/* Numbers reach Kimi and come back as they were written, in each dialect. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define RESPONSES "/v1/responses"
#define MESSAGES "/v1/messages"

#define NUMBERS                                                                \
	"9007199254740991,9007199254740993,12345678901234567890,-0,1.0,"       \
	"0.1,1e400,-1E-7"
#define INPUT "{\"n\":[" NUMBERS "]}"
#define QUOTED "{\\\"n\\\":[" NUMBERS "]}"
#define SCHEMA                                                                 \
	"{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\","    \
	"\"minimum\":-9007199254740991,\"maximum\":9007199254740993,"          \
	"\"default\":1.0}}}"
#define LIMITS "\"minimum\":-9007199254740991,\"maximum\":9007199254740993"

#define CALL(arguments)                                                        \
	"data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{"        \
	"\"index\":0,\"id\":\"f:0\",\"type\":\"function\",\"function\":{"      \
	"\"name\":\"f\",\"arguments\":\"" arguments "\"}}]},"                  \
	"\"finish_reason\":null}]}\n\n"

/* The response, and what Kimi was asked. */
static const char *ask(struct arena *a, const char *path, const char *body,
		       const char **sent)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, CALL(QUOTED) END),
		{ 0 },
	};
	struct site *s = site_open(a, NULL, answers);
	const char *response = site_ask(s, "POST", path, body);

	assert_int_equal(s->replay.n_calls, 1);
	*sent = arena_copy(a, s->replay.calls[0].body);
	return response;
}

static void chat_keeps_them(void **state)
{
	const char *sent, *response;

	response = ask(
		*state, CHAT,
		"{\"model\":\"kimi-k3\",\"seed\":12345678901234567890,"
		"\"messages\":[" SAYS(
			"Hi") "],"
			      "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
			      "{\"name\":\"s\",\"schema\":" SCHEMA "}},"
			      "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
			      "\"f\",\"parameters\":" SCHEMA "}}]}",
		&sent);
	assert_contains(response, QUOTED);
	assert_contains(strstr(sent, "\"tools\""), LIMITS);
	assert_contains(strstr(sent, "\"response_format\""), LIMITS);
}

static void responses_keeps_them(void **state)
{
	const char *sent, *response;

	response =
		ask(*state, RESPONSES,
		    "{\"model\":\"kimi-k3\",\"input\":\"Hi\","
		    "\"metadata\":{\"n\":\"9007199254740993\"},"
		    "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":"
		    "\"s\",\"schema\":" SCHEMA "}},"
		    "\"tools\":[{\"type\":\"function\",\"name\":\"f\","
		    "\"parameters\":" SCHEMA "}]}",
		    &sent);
	assert_contains(response, QUOTED);
	assert_contains(strstr(response, "\"tools\""), LIMITS);
	assert_contains(strstr(response, "\"format\""), LIMITS);
	assert_contains(response, "\"default\":1.0");
	assert_contains(strstr(sent, "\"tools\""), LIMITS);
	assert_contains(strstr(sent, "\"response_format\""), LIMITS);
}

#define USES                                                                                       \
	"{\"model\":\"kimi-k3\",\"max_tokens\":99,\"messages\":[" SAYS(                            \
		"Hi") ",{\"role\":\"assistant\",\"content\":[{\"type\":"                           \
		      "\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":" INPUT                 \
		      "}]},{\"role\":\"user\",\"content\":[{\"type\":"                             \
		      "\"tool_result\",\"tool_use_id\":\"t1\",\"content\":\"r\"}]}],"              \
		      "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" SCHEMA \
		      "}},\"tools\":[{\"name\":\"f\",\"input_schema\":" SCHEMA                     \
		      "}]}"

static void messages_keeps_them(void **state)
{
	const char *sent, *response;

	response = ask(*state, MESSAGES, USES, &sent);
	assert_contains(response, "\"input\":" INPUT);
	assert_contains(sent, "\"arguments\":\"" QUOTED);
	assert_contains(strstr(sent, "\"tools\""), LIMITS);
	assert_contains(strstr(sent, "\"response_format\""), LIMITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(chat_keeps_them),
		TEST(responses_keeps_them),
		TEST(messages_keeps_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
