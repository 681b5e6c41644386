/* SPDX-License-Identifier: MIT */
/* What the web service lacks, from request to reply, and its chats. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define TOOLS                                                                  \
	"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"rain\"}}]"
#define ASK(messages, more)                                                    \
	"{\"model\":\"k2\",\"messages\":[" messages "]," more "}"
#define RAIN                                                                    \
	"<tool_call>{\\\"name\\\":\\\"rain\\\",\\\"arguments\\\":{\\\"a\\\":1}" \
	"}</tool_call>"
#define STOP "\"stop\":\"END\""

static const cJSON *choice_of(struct arena *a, const char *response)
{
	const cJSON *choice =
		json_at(parse(a, site_body(response)), "choices.0");

	if (choice == NULL)
		fail_msg("%s", response);
	return choice;
}

/* The user text of the nth call, which must be a completion. */
static const char *sent(struct site *s, size_t n)
{
	assert_true(n < s->replay.n_calls);
	assert_contains(s->replay.calls[n].url, "/completion/stream");
	return json_text(parse(s->arena, s->replay.calls[n].body),
			 "messages.0.content");
}

static void a_tool_is_called_and_its_result_sent(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("I look." RAIN) ALL_DONE),
		COMPLETES("c1", 200, CMPL("It is wet.") ALL_DONE),
		CREATES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const cJSON *choice =
		choice_of(*state, site_ask(s, "POST", CONVERSATION,
					   ASK(SAYS("rain?"), TOOLS)));
	const char *id = json_text(choice, "message.tool_calls.0.id");

	assert_string_equal(json_text(choice, "finish_reason"), "tool_calls");
	assert_string_equal(json_text(choice, "message.content"), "I look.");
	assert_string_equal(
		json_text(choice, "message.tool_calls.0.function.arguments"),
		"{\"a\":1}");
	choice = choice_of(
		*state,
		site_ask(s, "POST", CONVERSATION,
			 arena_printf(*state,
				      ASK("{\"role\":\"tool\",\"tool_call_id\":"
					  "\"%s\",\"content\":\"wet\"}",
					  TOOLS),
				      id)));
	assert_string_equal(json_text(choice, "message.content"), "It is wet.");
	assert_contains(sent(s, 2), "# The conversation\n\n<tool_result "
				    "id=\"rain:0\" name=\"rain\">\nwet\n"
				    "</tool_result>");
	assert_int_equal(s->replay.n_calls, 3);
}

static void
a_chat_that_has_more_is_deleted_and_another_gets_everything(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one END hidden") ALL_DONE),
		COMPLETES("c2", 200, CMPL("two") ALL_DONE),
		COMPLETES("c2", 200, CMPL("three END hidden") ALL_DONE),
		CREATES("c1"),
		CREATES("c2"),
		DELETES("c1"),
		DELETES("c2"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	s->replay.step = 1;
	assert_string_equal(
		json_text(choice_of(*state, site_ask(s, "POST", CONVERSATION,
						     ASK(SAYS("A"), STOP))),
			  "message.content"),
		"one ");
	assert_int_equal(s->replay.stopped, 1);
	assert_true(answers[5].used);
	assert_null(database_text(*state, s->db_path,
				  "SELECT chat FROM conversations"));
	site_ask(s, "POST", CONVERSATION, ASK(SAYS("B"), STOP));
	assert_string_equal(sent(s, 4),
			    "user: A\n\nassistant: one \n\nuser: B");
	assert_string_equal(database_text(*state, s->db_path,
					  "SELECT chat FROM conversations"),
			    "c2");
	/* Also where the turn continued the stored chat. */
	site_ask(s, "POST", CONVERSATION, ASK(SAYS("C"), STOP));
	assert_string_equal(sent(s, 5), "C");
	assert_true(answers[6].used);
	assert_null(database_text(*state, s->db_path,
				  "SELECT chat FROM conversations"));
	assert_int_equal(database_int(s->db_path,
				      "SELECT count(*) FROM requests WHERE "
				      "status = 'done' AND finish_reason = "
				      "'stop'"),
			 3);
}

static void without_a_conversation_it_is_deleted_once(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one END hidden") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", CHAT, ASK(SAYS("A"), STOP));
	assert_int_equal(s->replay.n_calls, 3);
}

static void a_second_round_is_in_the_same_chat(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("Sure!") ALL_DONE),
		COMPLETES("c1", 200, CMPL("```json\\n{}\\n```") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *r = site_ask(s, "POST", CONVERSATION,
				 ASK(SAYS("A"), "\"response_format\":{"
						"\"type\":\"json_object\"}"));

	assert_string_equal(json_text(choice_of(*state, r), "message.content"),
			    "{}");
	assert_memory_equal(sent(s, 2), "The reply is not JSON", 21);
	assert_true(answers[3].used);
}

static void a_call_that_is_refused_is_a_bad_gateway(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("No.") ALL_DONE),
		COMPLETES("c1", 200, CMPL("No!") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *r =
		site_ask(s, "POST", CHAT,
			 ASK(SAYS("A"), "\"tool_choice\":\"required\"," TOOLS));

	assert_contains(r, "Status: 502 ");
	assert_contains(r, "Kimi did not call a tool");
	assert_true(answers[3].used);
}

static void the_platform_needs_no_emulation(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one END") END), { 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *r = site_ask(s, "POST", CHAT,
				 "{\"model\":\"kimi-k3\",\"messages\":[" SAYS(
					 "A") "]," STOP "," TOOLS "}");

	assert_string_equal(json_text(choice_of(*state, r), "message.content"),
			    "one END");
	assert_contains(s->replay.calls[0].body, "\"stop\"");
	assert_contains(s->replay.calls[0].body, "\"tools\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tool_is_called_and_its_result_sent),
		TEST(a_chat_that_has_more_is_deleted_and_another_gets_everything),
		TEST(without_a_conversation_it_is_deleted_once),
		TEST(a_second_round_is_in_the_same_chat),
		TEST(a_call_that_is_refused_is_a_bad_gateway),
		TEST(the_platform_needs_no_emulation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
