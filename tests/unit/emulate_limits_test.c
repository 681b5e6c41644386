/* SPDX-License-Identifier: MIT */
/* stop, max_tokens and response_format on a service that has only text. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/emulated.h"

static void a_stop_sequence_cuts_the_text(void **state)
{
	static const struct {
		const char *stop, *text, *events;
	} rows[] = {
		{ "\"END\"", "one END two", TEXT("one ") "finish:stop" },
		{ "\"END\"", "one EN two E",
		  TEXT("one EN two E") "finish:stop" },
		{ "\"END\"", "one EENDD", TEXT("one E") "finish:stop" },
		{ "\"END\"", "END", "start finish:stop" },
		{ "[\"two\",\"one\",\"x\",\"y\"]", "a one two",
		  TEXT("a ") "finish:stop" },
		{ "[\"abcd\",\"bc\"]", "xabcd", TEXT("xa") "finish:stop" },
		{ "[\"cd\",\"abcd\"]", "xabcd", TEXT("x") "finish:stop" },
		{ "\"aab\"", "aaab", TEXT("a") "finish:stop" },
		{ "\"\xE4\xBD\xA0\"", "x\xE4\xBD\xA1\xE4\xBD\xA0y",
		  TEXT("x\xE4\xBD\xA1") "finish:stop" },
		{ "\"\\n\\n\"", "a\n\nb", TEXT("a") "finish:stop" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *body =
			arena_printf(*state, ASK("\"stop\":%s"), rows[i].stop);

		assert_emulated(
			(struct emulated_run){
				.body = body,
				.answers = { { .text = rows[i].text } } },
			*state, rows[i].events);
	}
}

static void a_stop_sequence_ends_the_transfer_and_spends_the_chat(void **state)
{
	struct emulated_run run = { .body = ASK("\"stop\":\"END\""),
				    .step = 1,
				    .answers = { { .text = "one END two" } } };

	emulated_run(&run, *state);
	assert_true(run.done && run.stopped && run.stream.bookmark_spent);
	assert_int_equal(run.asked[0].n_stop, 0);
	run = emulated_ask(*state, ASK("\"stop\":\"END\""), "one");
	assert_false(run.stopped || run.stream.bookmark_spent);
}

static void stop_sequences_are_found_in_text_only(void **state)
{
	struct emulated_run run = {
		.body = ASK("\"stop\":[\"a\",\"<tool\"]," TOOLS),
		.answers = { { .reasoning = "a", .text = "x<" RAIN } },
	};

	assert_emulated(
		run, *state,
		"start open0:reasoning delta0:a close0 open1:text "
		"delta1:x< close1 " CALLED("2", "0", "rain",
					   "{\"a\":1}") "finish:tool_calls");
}

static int64_t count_bytes(const void *ctx, const char *p, size_t n)
{
	(void)ctx;
	(void)p;
	return (int64_t)n;
}

static void the_limit_counts_reasoning_and_text(void **state)
{
	static const struct {
		int max;
		const char *reasoning, *text, *events;
	} rows[] = {
		{ 5, NULL, "12345", TEXT("12345") "finish:stop" },
		{ 5, NULL, "123456", TEXT("12345") "finish:length" },
		{ 5, "123", "4567",
		  "start open0:reasoning delta0:123 close0 open1:text delta1:45 "
		  "close1 finish:length" },
		{ 3, "1234", "5",
		  "start open0:reasoning delta0:123 close0 finish:length" },
		{ 4, NULL, "\xE4\xBD\xA0\xE5\xA5\xBD", /* 3 bytes each */
		  TEXT("\xE4\xBD\xA0") "finish:length" },
		{ 2, NULL, "\xE4\xBD\xA0", "start finish:length" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_emulated(
			(struct emulated_run){
				.body = arena_printf(*state,
						     ASK("\"max_tokens\":%d"),
						     rows[i].max),
				.count_text = count_bytes,
				.answers = { { .reasoning = rows[i].reasoning,
					       .text = rows[i].text } } },
			*state, rows[i].events);
}

static void without_a_vocabulary_the_limit_is_estimated(void **state)
{
	/* A quarter of a token each, 0.65 a Han character. */
	assert_emulated(
		(struct emulated_run){ .body = ASK("\"max_tokens\":2"),
				       .answers = { { .text = "12345678." } } },
		*state, TEXT("12345678") "finish:length");
	assert_emulated(
		(struct emulated_run){
			.body = ASK("\"max_tokens\":2"),
			.answers = { { .text = "\xE4\xBD\xA0\xE4\xBD\xA0\xE4"
					       "\xBD\xA0\xE4\xBD\xA0" } } },
		*state,
		TEXT("\xE4\xBD\xA0\xE4\xBD\xA0\xE4\xBD\xA0") "finish:length");
}

static void the_limit_ends_the_transfer_and_spends_the_chat(void **state)
{
	struct emulated_run run = { .body = ASK("\"max_tokens\":1"),
				    .step = 2,
				    .answers = { { .text = "12345678" } } };

	emulated_run(&run, *state);
	assert_true(run.done && run.stopped && run.stream.bookmark_spent);
	assert_int_equal(run.asked[0].max_tokens, 0);
}

static void long_replies_are_cut_where_short_ones_are(void **state)
{
	char *text = arena_alloc(*state, 100001);
	struct emulated_run run = { .body = ASK("\"max_tokens\":20000"),
				    .step = 97,
				    .answers = { { .text = text } } };
	const char *joined;

	memset(text, 'x', 100000);
	emulated_run(&run, *state);
	joined = emulated_joined(*state, run.events);
	/* Each closed text of 16 KiB may count one too many. */
	assert_in_range(strlen(joined) - strlen(TEXT("") "finish:length"),
			4 * (20000 - 6), 4 * 20000);
	assert_contains(joined, "finish:length");
}

static void the_limit_inside_a_call_drops_the_call(void **state)
{
	struct emulated_run run = {
		.body = ASK("\"max_tokens\":30," TOOLS),
		.count_text = count_bytes,
		.answers = { { .text = "Well. " RAIN } },
	};

	assert_emulated(run, *state, TEXT("Well.") "finish:length");
	run.body = ASK("\"max_tokens\":8,\"tool_choice\":\"required\"," TOOLS);
	assert_emulated(run, *state, TEXT("Well.") "finish:length");
}

#define JSON ASK(OBJECT)
#define SCHEMA(schema)                                                         \
	ASK("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{"  \
	    "\"name\":\"out\",\"description\":\"a thing\",\"schema\":" schema  \
	    "}}")

static void json_loses_its_code_fence(void **state)
{
	static const char *const texts[] = {
		"{\"a\": 1}",
		"\n {\"a\": 1}\n\n",
		"```json\n{\"a\": 1}\n```",
		"```\n{\"a\": 1}\n```\n",
		"```json {\"a\": 1}```",
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_emulated(
			(struct emulated_run){
				.body = JSON,
				.answers = { { .text = texts[i] } } },
			*state, TEXT("{\"a\": 1}") "finish:stop");
	assert_emulated(
		(struct emulated_run){
			.body = JSON,
			.answers = { { .text = "{\"a\":\"b\nc\",\n"
					       "\"n\":1234567890123456"
					       "7890}" } } },
		*state,
		TEXT("{\"a\":\"b\\u000ac\",\n\"n\":1234567890123456789"
		     "0}") "finish:stop");
}

static void json_is_asked_for(void **state)
{
	struct emulated_run run = emulated_ask(*state, JSON, "{}");

	assert_contains(run.said[0], "Answer with one JSON object and nothing");
	assert_int_equal(run.asked[0].format, CHAT_FORMAT_TEXT);
	assert_false(run.stream.bookmark_spent);
	run = emulated_ask(*state, SCHEMA("{\"type\":\"array\"}"), "[]");
	assert_contains(run.said[0], "It is: a thing\n");
	assert_contains(run.said[0], "JSON schema:\n{\"type\":\"array\"}\n");
	assert_string_equal(run.events, TEXT("[]") "finish:stop");
}

static void a_reply_that_is_not_json_is_asked_for_once_more(void **state)
{
	static const struct {
		const char *body, *text, *fault;
	} rows[] = {
		{ JSON, "Sure: {}", "The reply is not JSON: " },
		{ JSON, "[1]", "The reply is not a JSON object." },
		{ JSON, "", "The reply is empty." },
		{ JSON, "{\"a\":1", "The reply is not JSON: " },
		{ SCHEMA("{\"required\":[\"b\"]}"), "{\"a\":1}",
		  "reply lacks \"b\"." },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct emulated_run run = {
			.body = rows[i].body,
			.answers = { { .text = rows[i].text },
				     { .text = "{\"b\":1}" } },
		};

		assert_emulated(run, *state, TEXT("{\"b\":1}") "finish:stop");
		emulated_run(&run, *state);
		assert_contains(run.said[1], rows[i].fault);
		assert_true(run.stream.bookmark_spent);
		run = (struct emulated_run){
			.body = rows[i].body,
			.answers = { { .text = rows[i].text },
				     { .text = rows[i].text } },
		};
		emulated_run(&run, *state);
		assert_error(&run.error, ERROR_UPSTREAM, "");
		assert_contains(run.error.message, "requested format");
		assert_string_equal(run.events, "");
	}
}

static void cut_json_is_passed_on_as_cut(void **state)
{
	struct emulated_run run = {
		.body = JSON,
		.answers = { { .text = "```json\n{\"a\":",
			       .has_finish = true,
			       .finish = CHAT_FINISH_LENGTH } },
	};

	assert_emulated(run, *state, TEXT("{\"a\":") "finish:length");
	run = (struct emulated_run){
		.body = ASK("\"max_tokens\":5,\"response_format\":{\"type\":"
			    "\"json_object\"}"),
		.count_text = count_bytes,
		.answers = { { .text = "{\"a\":1}" } },
	};
	assert_emulated(run, *state, TEXT("{\"a\":") "finish:length");
	run.body = ASK("\"stop\":\"1\",\"response_format\":{\"type\":"
		       "\"json_object\"}");
	assert_emulated(run, *state, TEXT("{\"a\":") "finish:stop");
}

static void a_second_round_has_the_limit_to_itself(void **state)
{
	struct emulated_run run = {
		.body = ASK("\"max_tokens\":10,\"response_format\":{\"type\":"
			    "\"json_object\"}"),
		.count_text = count_bytes,
		.answers = { { .reasoning = "12", .text = "none" },
			     { .text = "{\"a\":123}" } },
	};

	assert_emulated(run, *state,
			"start open0:reasoning delta0:12 close0 open1:text "
			"delta1:{\"a\":123 close1 finish:length");
}

static void all_of_it_works_together(void **state)
{
	struct emulated_run run = {
		.body = ASK("\"max_tokens\":80,\"stop\":\"END\",\"response_"
			    "format\":{\"type\":\"json_object\"}," TOOLS),
		.count_text = count_bytes,
		.answers = { { .text = "{\"a\":1} END " RAIN } },
	};

	assert_emulated(run, *state, TEXT("{\"a\":1}") "finish:stop");
	run.answers[0].text = "I look.\n" RAIN;
	assert_emulated(run, *state,
			TEXT("I look.")
				CALLED("1", "0", "rain",
				       "{\"a\":1}") "finish:tool_calls");
	emulated_run(&run, *state);
	assert_contains(run.said[0], "When you call no tool: Answer with one");
	run.answers[0].text = RAIN RAIN;
	assert_emulated(run, *state, RAINED "finish:length");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stop_sequence_cuts_the_text),
		TEST(a_stop_sequence_ends_the_transfer_and_spends_the_chat),
		TEST(stop_sequences_are_found_in_text_only),
		TEST(the_limit_counts_reasoning_and_text),
		TEST(without_a_vocabulary_the_limit_is_estimated),
		TEST(the_limit_ends_the_transfer_and_spends_the_chat),
		TEST(long_replies_are_cut_where_short_ones_are),
		TEST(the_limit_inside_a_call_drops_the_call),
		TEST(json_loses_its_code_fence),
		TEST(json_is_asked_for),
		TEST(a_reply_that_is_not_json_is_asked_for_once_more),
		TEST(cut_json_is_passed_on_as_cut),
		TEST(a_second_round_has_the_limit_to_itself),
		TEST(all_of_it_works_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
