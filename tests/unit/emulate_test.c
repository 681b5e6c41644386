/* SPDX-License-Identifier: MIT */
/* Tools on a service that has only text. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/emulated.h"
#include "emulate/emulate.h"
#include "upstream/model.h"

/* Its service learns where to find request and stream. */
static bool untouched(struct upstream_call *call,
		      const struct chat_request *request,
		      struct chat_stream *stream)
{
	return (const void *)request == call->count_ctx &&
	       (const void *)stream == (const void *)call->notes;
}

static void a_request_without_gaps_goes_to_the_service_unchanged(void **state)
{
	static const char *const bodies[] = {
		WEB(SAYS("hello")),
		ASK("\"tool_choice\":\"none\"," TOOLS),
		"{\"model\":\"kimi-k3\",\"messages\":[" SAYS(
			"hello") "],"
				 "\"response_format\":{\"type\":\"json_object\"},\"max_tokens\":"
				 "1,\"stop\":\"x\"," TOOLS "}",
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct chat_request request = decode(*state, bodies[i]);
		const struct upstream upstream = {
			.features = model_known(request.model, NULL)
					    ->upstream->features,
			.run = untouched,
		};
		struct model model = { .upstream = &upstream };
		struct chat_stream stream;
		struct upstream_call call = {
			.arena = *state,
			.model = &model,
			.count_ctx = &request,
			.notes = (const void *)&stream,
		};

		assert_true(emulate_run(&call, &request, &stream));
	}
}

static void calls_become_calls(void **state)
{
	assert_emulated(
		(struct emulated_run){ .body = ASK(TOOLS),
				       .answers = { { .text = RAIN } } },
		*state, RAINED "finish:tool_calls");
	assert_emulated(
		(struct emulated_run){
			.body = ASK(TOOLS),
			.answers = { { .text = "Well.\n\n" RAIN "\n" CALL(
					       "sun", "{}") "\n" } } },
		*state,
		TEXT("Well.") CALLED("1", "0", "rain", "{\"a\":1}")
			CALLED("2", "1", "sun", "{}") "finish:tool_calls");
}

static void a_reply_without_calls_streams_as_text(void **state)
{
	struct emulated_run run = { .body = ASK(TOOLS),
				    .step = 3,
				    .answers = { { .text = "one two" } } };

	emulated_run(&run, *state);
	assert_string_equal(run.events,
			    "start open0:text delta0:one delta0: tw delta0:o "
			    "close0 finish:stop");
	assert_false(run.stream.bookmark_spent);
	assert_string_equal(run.stream.bookmark.chat, "c1");
	assert_string_equal(run.stream.bookmark.message, "m1");
}

static void a_chat_that_ends_with_its_calls_continues(void **state)
{
	struct emulated_run run = emulated_ask(*state, ASK(TOOLS), RAIN "\n");

	assert_false(run.stopped);
	assert_string_equal(chat_stream_place(&run.stream).chat, "c1");
}

static void after_the_calls_the_reply_is_complete(void **state)
{
	struct emulated_run run = { .body = ASK(TOOLS),
				    .step = 1,
				    .answers = { { .text = RAIN
						   "\n<tool_result>" } } };

	emulated_run(&run, *state);
	assert_true(run.done && run.stopped);
	assert_string_equal(emulated_joined(*state, run.events),
			    RAINED "finish:tool_calls");
	assert_null(chat_stream_place(&run.stream).chat);
	assert_string_equal(run.stream.bookmark.chat, "c1");
	assert_emulated(
		run = (struct emulated_run){ .body = ASK(TOOLS),
					     .answers = { { .text = RAIN
							    "\nSo " RAIN } } },
		*state, RAINED "finish:tool_calls");
}

static void one_call_at_most_where_that_is_requested(void **state)
{
	struct emulated_run run = {
		.body = ASK("\"parallel_tool_calls\":false," TOOLS),
		.answers = { { .text = RAIN RAIN } },
	};

	assert_emulated(run, *state, RAINED "finish:tool_calls");
	emulated_run(&run, *state);
	assert_true(run.stopped && run.stream.bookmark_spent);
	assert_contains(run.said[0], "Call one tool at most.");
	run = emulated_ask(*state, run.body, RAIN);
	assert_false(run.stopped || run.stream.bookmark_spent);
	assert_string_equal(run.events, RAINED "finish:tool_calls");
}

static void tools_are_described_before_the_message(void **state)
{
	struct emulated_run run = emulated_ask(*state, ASK(TOOLS), "x");
	const struct chat_request *q = &run.asked[0];

	assert_int_equal(q->n_tools, 0);
	assert_int_equal(q->n_messages, 1);
	assert_memory_equal(run.said[0], "# Tools\n", 8);
	assert_contains(run.said[0],
			"{\"name\":\"rain\",\"description\":\"about rain\","
			"\"parameters\":{\"type\":\"object\"}}\n{\"name\":"
			"\"sun\"");
	assert_contains(run.said[0], "Call a tool where it helps");
	assert_contains(run.said[0], "\n\n# The conversation\n\nhello");
}

static void tools_are_not_described_in_an_assistant_message(void **state)
{
	struct emulated_run run =
		emulated_ask(*state,
			     "{\"model\":\"k2\",\"messages\":[" ANSWERED(
				     "Hi!") "," SAYS("hello") "]," TOOLS "}",
			     "x");

	assert_contains(run.said[0], "assistant: Hi!\n\nuser: # Tools\n");
}

static void
in_a_continued_chat_tools_are_described_with_the_new_message(void **state)
{
	struct emulated_run run = {
		.body = "{\"model\":\"k2\",\"messages\":[" SAYS(
			"one") "," ANSWERED("two") "," SAYS("three") "]," TOOLS
								     "}",
		.answers = { { .text = "x" } },
		.chat = "c1",
		.known = 2,
	};

	emulated_run(&run, *state);
	assert_int_equal(run.asked[0].n_messages, 3);
	assert_int_equal(run.asked[0].bookmark.known, 2);
	assert_memory_equal(run.said[0], "# Tools\n", 8);
	assert_contains(run.said[0], "\n\nthree");
	assert_lacks(run.said[0], "one");
	assert_string_equal(
		chat_message_text(&run.asked[0].messages[0], *state), "one");
}

#define HISTORY                                                                 \
	SAYS("weather?")                                                        \
	",{\"role\":\"assistant\",\"content\":\"Let me see.\",\"tool_calls\":[" \
	"{\"id\":\"x1\",\"type\":\"function\",\"function\":{\"name\":\"rain\"," \
	"\"arguments\":\"{\\\"a\\\":1}\"}},"                                    \
	"{\"id\":\"x2\",\"type\":\"function\",\"function\":{\"name\":\"sun\","  \
	"\"arguments\":\"odd\"}}]},"                                            \
	"{\"role\":\"tool\",\"tool_call_id\":\"x2\",\"content\":\"bright\"},"   \
	"{\"role\":\"tool\",\"tool_call_id\":\"x1\",\"content\":\"wet\"}"

static void past_calls_and_results_have_the_same_form(void **state)
{
	struct emulated_run run = emulated_ask(
		*state,
		"{\"model\":\"k2\",\"messages\":[" HISTORY "]," TOOLS "}", "x");
	const struct chat_message *m = run.asked[0].messages;

	assert_int_equal(run.asked[0].n_messages, 4);
	assert_string_equal(chat_message_text(&m[1], *state),
			    "Let me see.\n<tool_call>{\"name\":\"rain\","
			    "\"arguments\":{\"a\":1}}</tool_call>\n<tool_call>"
			    "{\"name\":\"sun\",\"arguments\":"
			    "{\"INVALID_JSON\":\"odd\"}}</tool_call>");
	assert_int_equal(m[1].n_calls, 0);
	assert_string_equal(chat_message_text(&m[2], *state),
			    "<tool_result id=\"sun:1\" name=\"sun\">\nbright\n"
			    "</tool_result>");
	assert_string_equal(chat_message_text(&m[3], *state),
			    "<tool_result id=\"rain:0\" name=\"rain\">\nwet\n"
			    "</tool_result>");
	assert_int_equal(m[3].role, CHAT_USER);
	assert_contains(run.said[0], "# The conversation\n\nweather?");
}

static void
without_tools_past_calls_are_retold_and_no_calls_are_found(void **state)
{
	static const char *const bodies[] = {
		"{\"model\":\"k2\",\"messages\":[" HISTORY "]}",
		"{\"model\":\"k2\",\"messages\":[" HISTORY
		"],\"tool_choice\":\"none\"," TOOLS "}",
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct emulated_run run = emulated_ask(*state, bodies[i], RAIN);

		assert_contains(run.said[0], "No tool can be called");
		assert_lacks(run.said[0], "# Tools");
		assert_contains(run.said[0], "<tool_result id=\"sun:1\"");
		assert_string_equal(run.events, TEXT(RAIN) "finish:stop");
	}
}

static void a_result_without_its_call_keeps_its_id(void **state)
{
	struct emulated_run run = emulated_ask(
		*state,
		"{\"model\":\"k2\",\"messages\":[{\"role\":\"tool\","
		"\"tool_call_id\":\"odd\\\">\",\"content\":\"x\"}]}",
		"x");

	assert_contains(run.said[0], "<tool_result id=\"odd\">\nx\n<");
}

static void parts_other_than_text_stay(void **state)
{
	struct emulated_run run = emulated_ask(
		*state,
		"{\"model\":\"k2\",\"messages\":[{\"role\":\"user\","
		"\"content\":[{\"type\":\"text\",\"text\":\"look\"},{\"type\":"
		"\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]}]," TOOLS
		"}",
		"x");
	const struct chat_message *m = run.asked[0].messages;

	assert_int_equal(m[0].n_parts, 3);
	assert_int_equal(m[0].parts[0].kind, CHAT_PART_TEXT);
	assert_string_equal(m[0].parts[1].text, "look");
	assert_int_equal(m[0].parts[2].kind, CHAT_PART_IMAGE);
	assert_string_equal(m[0].parts[2].text, "data:x");
}

static void a_demanded_call_is_asked_for_once_more(void **state)
{
	static const char *const bodies[] = {
		ASK("\"tool_choice\":\"required\"," TOOLS),
		ASK("\"tool_choice\":{\"type\":\"function\",\"function\":{"
		    "\"name\":\"rain\"}}," TOOLS),
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct emulated_run run = {
			.body = bodies[i],
			.answers = { { .reasoning = "r", .text = "No." },
				     { .text = "Now: " RAIN } },
		};

		emulated_run(&run, *state);
		assert_true(run.done);
		assert_string_equal(run.events,
				    "start open0:reasoning delta0:r close0 "
				    "open1:text delta1:Now: close1 " CALLED(
					    "2", "0", "rain",
					    "{\"a\":1}") "finish:tool_calls");
		assert_string_equal(run.asked[1].bookmark.chat, "c1");
		assert_string_equal(run.asked[1].bookmark.message, "m1");
		assert_int_equal(run.asked[1].bookmark.known, 2);
		assert_memory_equal(run.said[1],
				    "The reply does not call a tool.", 31);
		assert_true(run.stream.bookmark_spent);
		assert_int_equal(run.rounds, 2);
	}
	assert_emulated(
		(struct emulated_run){
			.body = bodies[0],
			.answers = { { .text = "No." }, { .text = RAIN } } },
		*state, RAINED "finish:tool_calls");
}

static void a_service_without_chats_gets_everything_again(void **state)
{
	struct emulated_run run = {
		.body = ASK("\"tool_choice\":\"required\"," TOOLS),
		.answers = { { .text = "No." }, { .text = RAIN } },
		.stateless = true,
	};

	emulated_run(&run, *state);
	assert_true(run.done);
	assert_null(run.asked[1].bookmark.chat);
	assert_contains(run.said[1], "hello\n\nassistant: No.\n\nuser: The "
				     "reply does not call a tool.");
}

static void a_missing_demanded_call_is_an_error(void **state)
{
	static const char *const answers[] = {
		"No.",
		"",
		"```\n" RAIN "\n```",
		CALL("snow", "{}"),
		"<tool_call>{\"name\":",
	};

	for (size_t i = 0; i < COUNT(answers); i++) {
		struct emulated_run run = {
			.body = ASK("\"tool_choice\":\"required\"," TOOLS),
			.answers = { { .text = answers[i] },
				     { .text = answers[i] } },
		};

		emulated_run(&run, *state);
		assert_false(run.done);
		assert_error(&run.error, ERROR_UPSTREAM, "");
		assert_contains(run.error.message, "did not call a tool");
		assert_string_equal(run.events, "");
		assert_int_equal(run.rounds, 2);
		assert_string_equal(run.stream.bookmark.chat, "c1");
	}
}

static void only_the_named_tool_is_accepted(void **state)
{
	struct emulated_run run = {
		.body = ASK("\"tool_choice\":{\"type\":\"function\","
			    "\"function\":{\"name\":\"sun\"}}," TOOLS),
		.answers = { { .text = RAIN }, { .text = RAIN } },
	};

	emulated_run(&run, *state);
	assert_error(&run.error, ERROR_UPSTREAM, "");
	assert_contains(run.said[0], "you must call the tool sun.");
	assert_lacks(run.said[0], "about rain");
	assert_contains(run.said[1], "\"name\": \"sun\"");
}

static void a_second_round_that_fails_says_why(void **state)
{
	static const struct {
		enum error_kind fails, told;
	} rows[] = {
		{ ERROR_RATE_LIMIT, ERROR_RATE_LIMIT },
		{ ERROR_CHAT_GONE, ERROR_UPSTREAM },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct emulated_run run = {
			.body = ASK("\"tool_choice\":\"required\"," TOOLS),
			.answers = { { .text = "No." },
				     { .fails = rows[i].fails } },
		};

		emulated_run(&run, *state);
		assert_false(run.done);
		assert_error(&run.error, rows[i].told, "");
	}
}

static void half_a_mark_at_the_end_of_a_cut_reply_is_dropped(void **state)
{
	assert_emulated(
		(struct emulated_run){
			.body = ASK(TOOLS),
			.answers = { { .text = "a <tool_call>{\"na",
				       .has_finish = true,
				       .finish = CHAT_FINISH_LENGTH } } },
		*state, TEXT("a") "finish:length");
}

static void a_client_that_leaves_ends_it(void **state)
{
	static const char *const bodies[] = {
		ASK(TOOLS),
		ASK("\"stop\":\"END\""),
		ASK("\"max_tokens\":1000"),
		ASK("\"tool_choice\":\"required\"," TOOLS),
	};

	for (size_t i = 0; i < COUNT(bodies); i++)
		for (unsigned n = 1; n <= 5; n++) {
			struct emulated_run run = {
				.body = bodies[i],
				.step = 4,
				.stop_after = n,
				.answers = { { .reasoning = "r",
					       .text = "one two " RAIN } },
			};

			emulated_run(&run, *state);
			assert_false(run.done);
			assert_error(&run.error, ERROR_CLIENT_GONE, "");
			assert_true(run.stopped);
			assert_string_equal(run.stream.bookmark.chat, "c1");
		}
}

static void a_client_may_leave_before_held_text_is_sent(void **state)
{
	struct emulated_run run = { .body = ASK(OBJECT),
				    .stop_after = 2,
				    .answers = { { .text = "{}" } } };

	emulated_run(&run, *state);
	assert_false(run.done || run.stopped);
	assert_error(&run.error, ERROR_CLIENT_GONE, "");
}

static void finish_usage_and_citations_are_passed_on(void **state)
{
	struct emulated_run run = {
		.body = ASK(OBJECT),
		.answers = { { .text = "no",
			       .usage = { CHAT_USAGE_UPSTREAM, 10, 2, 1, 0 } },
			     { .text = "{}",
			       .has_finish = true,
			       .finish = CHAT_FINISH_FILTER,
			       .usage = { CHAT_USAGE_UPSTREAM, 20, 3, 0,
					  1 } } },
	};

	emulated_run(&run, *state);
	assert_string_equal(run.events, TEXT("{}") "finish:content_filter");
	assert_int_equal(run.stream.usage.source, CHAT_USAGE_UPSTREAM);
	assert_int_equal(run.stream.usage.prompt, 30);
	assert_int_equal(run.stream.usage.completion, 5);
	assert_int_equal(run.stream.usage.cached, 1);
	assert_int_equal(run.stream.usage.reasoning, 1);
}

static void errors_of_the_service_are_passed_on(void **state)
{
	struct emulated_run run = {
		.body = ASK(TOOLS),
		.answers = { { .text = "a <tool_",
			       .fails = ERROR_OVERLOADED } },
	};

	emulated_run(&run, *state);
	assert_false(run.done);
	assert_error(&run.error, ERROR_OVERLOADED, "");
	assert_string_equal(run.events, "start open0:text delta0:a");
	assert_string_equal(run.stream.bookmark.chat, "c1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_without_gaps_goes_to_the_service_unchanged),
		TEST(calls_become_calls),
		TEST(a_reply_without_calls_streams_as_text),
		TEST(a_chat_that_ends_with_its_calls_continues),
		TEST(after_the_calls_the_reply_is_complete),
		TEST(one_call_at_most_where_that_is_requested),
		TEST(tools_are_described_before_the_message),
		TEST(tools_are_not_described_in_an_assistant_message),
		TEST(in_a_continued_chat_tools_are_described_with_the_new_message),
		TEST(past_calls_and_results_have_the_same_form),
		TEST(without_tools_past_calls_are_retold_and_no_calls_are_found),
		TEST(a_result_without_its_call_keeps_its_id),
		TEST(parts_other_than_text_stay),
		TEST(a_demanded_call_is_asked_for_once_more),
		TEST(a_service_without_chats_gets_everything_again),
		TEST(a_missing_demanded_call_is_an_error),
		TEST(only_the_named_tool_is_accepted),
		TEST(a_second_round_that_fails_says_why),
		TEST(half_a_mark_at_the_end_of_a_cut_reply_is_dropped),
		TEST(a_client_that_leaves_ends_it),
		TEST(a_client_may_leave_before_held_text_is_sent),
		TEST(finish_usage_and_citations_are_passed_on),
		TEST(errors_of_the_service_are_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
