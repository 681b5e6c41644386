/* SPDX-License-Identifier: MIT */
/* Replies in the Responses dialect: as a stream, whole, and read again. */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "dialect/openai/response.h"
#include "dialect/sealed.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/quoted.h"
#include "tests/unit/support/responses_play.h"
#include "tests/unit/support/responses_stream.h"

#define LIMIT (1024 * 1024)

/* --- What holds for every scene ------------------------------------------- */

static void check_rules(struct arena *a, const struct play_scene *s)
{
	responses_stream_read(a, play_body(play_all(a, s)));
}

/* From what is stored: the message with its uid, the request and the row. */
static const char *read_again(const struct play *p)
{
	struct chat_message m = chat_reply_message(&p->reply);
	bool cut = p->reply.finish == CHAT_FINISH_LENGTH ||
		   p->reply.finish == CHAT_FINISH_FILTER;
	struct openai_response r = {
		.id = "resp_" PLAY_UID,
		.settings = p->answer.body,
		.model = "kimi",
		.status = cut ? OPENAI_RESPONSE_INCOMPLETE :
				OPENAI_RESPONSE_COMPLETED,
		.created = 1700000000,
		.completed = 1700000009,
		.message = &m,
		.finish = p->reply.finish,
		.usage = &p->reply.usage,
	};
	struct buf *out = arena_buf(p->arena, LIMIT);
	struct json_writer w;

	m.uid = PLAY_UID;
	json_writer_init(&w, out);
	openai_response_put(&w, NULL, &r);
	return json_print(p->arena, parse(p->arena, out->p));
}

static void check_same(struct arena *a, const struct play_scene *s)
{
	struct play *p = play_all(a, s);
	struct responses_stream stream = responses_stream_read(a, play_body(p));
	const char *last = json_print(a, stream.last);

	assert_string_equal(last, read_again(p));
	play_new_client(p);
	dialect_openai_responses.reply(a, &p->answer, &p->response, &p->reply);
	assert_string_equal(last, json_print(a, parse(a, play_body(p))));
}

static void check_resumed(struct arena *a, const struct play_scene *s)
{
	struct responses_stream all =
		responses_stream_split(a, play_body(play_all(a, s)));

	for (size_t after = 0; after < all.n; after++) {
		struct play *p = play_open(a, s);
		struct responses_stream rest;

		p->answer.after = (int64_t)after;
		play_to(p, s, play_steps(s));
		rest = responses_stream_split(a, play_body(p));
		assert_int_equal(rest.n, all.n - after - 1);
		for (size_t i = 0; i < rest.n; i++)
			assert_string_equal(rest.events[i],
					    all.events[after + 1 + i]);
	}
}

/* After every step; before the first one it is answered whole. */
static void check_failures(struct arena *a, const struct play_scene *s)
{
	for (size_t n = 0; n < play_steps(s); n++) {
		struct play *p = play_open(a, s);
		struct responses_stream stream;

		play_to(p, s, n);
		play_fail(p, ERROR_UPSTREAM, 0);
		if (n == 0) {
			assert_int_equal(p->response.status, 502);
			continue;
		}
		stream = responses_stream_read(a, play_body(p));
		assert_string_equal(json_text(stream.last, "status"), "failed");
		assert_string_equal(json_text(stream.last, "error.code"),
				    "server_error");
		assert_string_equal(json_text(stream.last, "error.type"),
				    "server_error");
	}
}

static void each(struct arena *a,
		 void (*check)(struct arena *, const struct play_scene *))
{
	for (size_t i = 0; play_scenes[i].title != NULL; i++) {
		print_message("# %s\n", play_scenes[i].title);
		check(a, &play_scenes[i]);
	}
}

static void a_stream_keeps_the_rules(void **state)
{
	each(*state, check_rules);
}

static void streamed_whole_and_retrieved_replies_are_the_same(void **state)
{
	each(*state, check_same);
}

static void a_stream_resumed_after_any_event_loses_nothing(void **state)
{
	each(*state, check_resumed);
}

static void a_failure_at_any_point_ends_a_stream_by_the_rules(void **state)
{
	each(*state, check_failures);
}

/* --- What single scenes show ---------------------------------------------- */

static const struct play_scene *scene(const char *title)
{
	for (size_t i = 0; play_scenes[i].title != NULL; i++)
		if (strcmp(play_scenes[i].title, title) == 0)
			return &play_scenes[i];
	fail_msg("no scene: %s", title);
	return NULL;
}

static struct responses_stream streamed(struct arena *a, const char *title)
{
	return responses_stream_read(a, play_body(play_all(a, scene(title))));
}

/* The types of the events, without "response.". */
static const char *types(struct arena *a, const struct responses_stream *s)
{
	const char *all = "";

	for (size_t i = 0; i < s->n; i++)
		all = arena_printf(a, "%s%s%s", all, i > 0 ? " " : "",
				   json_text(s->trees[i], "type") +
					   strlen("response."));
	return all;
}

/* Of the items that came out, members at a path with blanks between. */
static const char *outputs(struct arena *a, const struct responses_stream *s,
			   const char *path)
{
	const char *all = "";
	const cJSON *item;

	cJSON_ArrayForEach(item, json_at(s->last, "output")) {
		const char *text = json_text(item, path);

		all = arena_printf(a, "%s%s%s", all, *all == '\0' ? "" : " ",
				   text == NULL ? "-" : text);
	}
	return all;
}

static void the_order_of_events_is_openais(void **state)
{
	struct responses_stream s = streamed(*state, "thinking");

	assert_string_equal(
		types(*state, &s),
		"created in_progress "
		"output_item.added reasoning_summary_part.added "
		"reasoning_summary_text.delta reasoning_summary_text.delta "
		"reasoning_summary_text.done reasoning_summary_part.done "
		"output_item.done "
		"output_item.added content_part.added output_text.delta "
		"output_text.done content_part.done output_item.done "
		"completed");
	s = streamed(*state, "calls");
	assert_contains(types(*state, &s),
			"output_item.added function_call_arguments.delta "
			"function_call_arguments.delta "
			"function_call_arguments.done output_item.done");
}

static void an_id_is_made_of_kind_reply_and_place(void **state)
{
	struct responses_stream s = streamed(*state, "back and forth");

	assert_string_equal(outputs(*state, &s, "id"),
			    "msg_" PLAY_UID "0 rs_" PLAY_UID "1 fc_" PLAY_UID
			    "2 rs_" PLAY_UID "3 msg_" PLAY_UID "4 fc_" PLAY_UID
			    "5");
	assert_string_equal(outputs(*state, &s, "call_id"),
			    "- - call_1 - - call_2");
	assert_string_equal(json_text(s.last, "id"), "resp_" PLAY_UID);
}

/* GOLDEN_WRITE=1 rewrites them: read them before you believe them. */
static void bytes_are_as_recorded(void **state)
{
	static const struct {
		const char *title, *path;
	} rows[] = {
		{ "back and forth",
		  "tests/golden/encoder/responses_blocks.stream" },
		{ "citations",
		  "tests/golden/encoder/responses_citations.stream" },
		{ "tools by other names",
		  "tests/golden/encoder/responses_tools.stream" },
		{ "cut text", "tests/golden/encoder/responses_length.stream" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct play *p = play_all(*state, scene(rows[i].title));
		size_t n;

		if (getenv("GOLDEN_WRITE") != NULL)
			files_write(rows[i].path, play_body(p));
		assert_string_equal(play_body(p),
				    files_read(*state, rows[i].path, &n));
	}
}

static void a_ping_begins_the_response(void **state)
{
	struct play *p = play_all(*state, scene("silence first"));
	const char *ping = strstr(play_body(p), ": keep-alive\n\n");

	assert_non_null(ping);
	assert_true(strstr(play_body(p), "response.in_progress") < ping);
	assert_true(ping < strstr(play_body(p), "response.output_item.added"));
}

static void thinking_is_hidden_when_it_is_off(void **state)
{
	struct responses_stream s = streamed(*state, "hidden thinking");

	assert_string_equal(outputs(*state, &s, "id"),
			    "msg_" PLAY_UID "1 fc_" PLAY_UID "3");
	assert_lacks(types(*state, &s), "reasoning");
}

static void sealed_thinking_comes_with_the_finished_item(void **state)
{
	struct responses_stream s = streamed(*state, "sealed thinking");
	size_t sealed = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *text =
			json_text(s.trees[i], "item.encrypted_content");

		if (text == NULL)
			continue;
		sealed++;
		assert_string_equal(json_text(s.trees[i], "type"),
				    "response.output_item.done");
		assert_string_equal(sealed_get(*state, text), "Hm.");
	}
	assert_int_equal(sealed, 1);
	s = streamed(*state, "thinking");
	for (size_t i = 0; i < s.n; i++)
		assert_lacks(s.events[i], "encrypted_content");
}

static void citations_count_from_the_start_of_their_text(void **state)
{
	struct responses_stream s = streamed(*state, "citations");
	const cJSON *output = json_at(s.last, "output");

	assert_int_equal(json_int(output,
				  "0.content.0.annotations.1.start_index", -1),
			 5);
	assert_string_equal(json_text(output, "2.content.0.annotations.0.url"),
			    "https://c");
	assert_int_equal(json_int(output,
				  "2.content.0.annotations.0.start_index", -1),
			 2);
	assert_int_equal(
		json_int(output, "2.content.0.annotations.1.end_index", -1), 3);
}

static void a_reply_that_was_cut_off_is_incomplete(void **state)
{
	struct responses_stream s = streamed(*state, "cut text");

	assert_string_equal(json_text(s.last, "status"), "incomplete");
	assert_string_equal(json_text(s.last, "incomplete_details.reason"),
			    "max_output_tokens");
	assert_string_equal(outputs(*state, &s, "status"), "incomplete");
	s = streamed(*state, "a cut call");
	assert_string_equal(outputs(*state, &s, "status"),
			    "completed incomplete");
	s = streamed(*state, "a filter");
	assert_string_equal(json_text(s.last, "incomplete_details.reason"),
			    "content_filter");
	s = streamed(*state, "hidden thinking that is cut");
	assert_string_equal(outputs(*state, &s, "status"), "completed");
}

static void tools_come_back_under_the_names_that_clients_gave(void **state)
{
	struct responses_stream s = streamed(*state, "tools by other names");

	assert_string_equal(outputs(*state, &s, "type"),
			    "function_call custom_tool_call custom_tool_call");
	assert_string_equal(outputs(*state, &s, "name"), "g patch patch");
	assert_string_equal(outputs(*state, &s, "namespace"), "mcp - -");
	assert_string_equal(outputs(*state, &s, "input"), "- x\ny broken");
	assert_contains(types(*state, &s),
			"output_item.added custom_tool_call_input.delta "
			"custom_tool_call_input.done output_item.done");
}

static void usage_has_all_its_details(void **state)
{
	struct responses_stream s = streamed(*state, "text");

	assert_string_equal(json_print(*state, json_at(s.last, "usage")),
			    quoted(*state,
				   "{'input_tokens':10,'input_tokens_details':{"
				   "'cached_tokens':4,'cache_write_tokens':3},"
				   "'output_tokens':7,'output_tokens_details':{"
				   "'reasoning_tokens':2},'total_tokens':17,"
				   "'source':'upstream'}"));
	assert_int_equal(json_int(s.last, "created_at", 0), 1700000000);
	assert_int_equal(json_int(s.last, "completed_at", 0), 1700000009);
}

/* --- Failures ------------------------------------------------------------- */

static void a_failure_leaves_out_an_unfinished_call(void **state)
{
	struct play *p = play_open(*state, scene("calls"));
	struct responses_stream s;

	play_to(p, scene("calls"), 3);
	play_fail(p, ERROR_UPSTREAM, 0);
	s = responses_stream_read(*state, play_body(p));
	assert_string_equal(outputs(*state, &s, "type"), "reasoning");
	assert_lacks(types(*state, &s), "arguments.done");
	assert_true(p->gateway->flushed == p->gateway->out.len);
}

static void a_failure_keeps_the_text_so_far(void **state)
{
	struct play *p = play_open(*state, scene("text"));
	struct responses_stream s;

	play_to(p, scene("text"), 1);
	play_fail(p, ERROR_TIMEOUT, 0);
	s = responses_stream_read(*state, play_body(p));
	assert_string_equal(outputs(*state, &s, "content.0.text"), "Grüße");
	assert_string_equal(outputs(*state, &s, "status"), "incomplete");
	assert_null(json_at(s.last, "completed_at"));
}

static struct responses_stream failed(struct arena *a, enum error_kind kind,
				      int64_t wait_ms)
{
	struct play *p = play_open(a, scene("text"));

	chat_stream_ping(&p->stream);
	play_fail(p, kind, wait_ms);
	return responses_stream_read(a, play_body(p));
}

static void error_codes_are_those_codex_knows(void **state)
{
	static const struct {
		enum error_kind kind;
		const char *code;
	} rows[] = {
		{ ERROR_QUOTA, "insufficient_quota" },
		{ ERROR_OVERLOADED, "server_is_overloaded" },
		{ ERROR_CONTEXT_LENGTH, "context_length_exceeded" },
		{ ERROR_RATE_LIMIT, "rate_limit_exceeded" },
		{ ERROR_CONTENT_FILTER, "invalid_prompt" },
		{ ERROR_VALUE, "invalid_prompt" },
		{ ERROR_TOO_LARGE, "invalid_prompt" },
		{ ERROR_MODEL, "invalid_prompt" },
		{ ERROR_FORBIDDEN, "server_error" },
		{ ERROR_TIMEOUT, "server_error" },
		{ ERROR_STOPPING, "server_error" },
		{ ERROR_CLIENT_GONE, "server_error" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct responses_stream s = failed(*state, rows[i].kind, 0);

		assert_string_equal(json_text(s.last, "error.code"),
				    rows[i].code);
	}
}

static void no_failed_response_has_a_code_of_our_own(void **state)
{
	static const char *const known[] = {
		"server_error",
		"rate_limit_exceeded",
		"invalid_prompt",
		"insufficient_quota",
		"context_length_exceeded",
		"server_is_overloaded",
	};

	for (int kind = 0; kind < ERROR_KINDS; kind++) {
		struct responses_stream s =
			failed(*state, (enum error_kind)kind, 0);
		const char *code = json_text(s.last, "error.code");
		size_t i = 0;

		assert_non_null(code);
		while (i < COUNT(known) && strcmp(code, known[i]) != 0)
			i++;
		if (i == COUNT(known))
			fail_msg("%s", code);
	}
}

static void a_limit_says_how_long_to_wait(void **state)
{
	struct responses_stream s = failed(*state, ERROR_RATE_LIMIT, 1500);

	assert_string_equal(json_text(s.last, "error.message"),
			    "It broke. Please try again in 1.5s.");
	s = failed(*state, ERROR_RATE_LIMIT, 0);
	assert_string_equal(json_text(s.last, "error.message"), "It broke.");
}

static void too_much_context_opens_the_stream(void **state)
{
	struct play *p = play_open(*state, scene("text"));
	struct responses_stream s;

	play_fail(p, ERROR_CONTEXT_LENGTH, 0);
	assert_int_equal(p->response.status, 200);
	s = responses_stream_read(*state, play_body(p));
	assert_string_equal(types(*state, &s), "created in_progress failed");
}

static void other_errors_before_the_stream_have_their_status(void **state)
{
	struct play *p = play_open(*state, scene("text"));

	play_fail(p, ERROR_RATE_LIMIT, 1500);
	assert_int_equal(p->response.status, 429);
	assert_string_equal(json_text(parse(*state, play_body(p)),
				      "error.code"),
			    "rate_limit_exceeded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stream_keeps_the_rules),
		TEST(streamed_whole_and_retrieved_replies_are_the_same),
		TEST(a_stream_resumed_after_any_event_loses_nothing),
		TEST(a_failure_at_any_point_ends_a_stream_by_the_rules),
		TEST(the_order_of_events_is_openais),
		TEST(an_id_is_made_of_kind_reply_and_place),
		TEST(bytes_are_as_recorded),
		TEST(a_ping_begins_the_response),
		TEST(thinking_is_hidden_when_it_is_off),
		TEST(sealed_thinking_comes_with_the_finished_item),
		TEST(citations_count_from_the_start_of_their_text),
		TEST(a_reply_that_was_cut_off_is_incomplete),
		TEST(tools_come_back_under_the_names_that_clients_gave),
		TEST(usage_has_all_its_details),
		TEST(a_failure_leaves_out_an_unfinished_call),
		TEST(a_failure_keeps_the_text_so_far),
		TEST(error_codes_are_those_codex_knows),
		TEST(no_failed_response_has_a_code_of_our_own),
		TEST(a_limit_says_how_long_to_wait),
		TEST(too_much_context_opens_the_stream),
		TEST(other_errors_before_the_stream_have_their_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
