/* SPDX-License-Identifier: MIT */
/* Kimi Code: who we say we are, models, searches. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/version.h"
#include "tests/unit/support/web_call.h"
#include "upstream/api/code_identity.h"
#include "upstream/api/code_search.h"
#include "upstream/model.h"
#include "upstream/services.h"

#define CODE "https://code.example/coding/v1"

static struct web_call *call_of(struct arena *a, struct replay_answer *answers)
{
	struct web_call *w = web_call_new(a, answers);

	w->config.code_urls = config_list_parse(a, CODE, ',');
	w->call.bearer = "sk-kimi-unit";
	w->model = *model_known("k3", NULL);
	return w;
}

/* The headers, by blanks; the device of the notes is "d". */
static const char *headers(struct arena *a, const char *settings)
{
	struct web_call *w = call_of(a, NULL);
	const char *const *line;
	const char *all = "";

	w->kept[0] = (struct web_note){ "device", "d" };
	w->config.code_headers = config_list_parse(a, settings, '|');
	for (line = code_identity_service(&w->call).headers; *line != NULL;
	     line++)
		all = arena_printf(a, "%s[%s]", all, *line);
	return all;
}

#define PLATFORM_LINE "[X-Msh-Platform: kimi-proxy]"
#define VERSION_LINE "[X-Msh-Version: " KIMI_VERSION "]"
#define DEVICE_LINE "[X-Msh-Device-Id: d]"

static void the_headers_name_this_program(void **state)
{
	assert_string_equal(headers(*state, NULL),
			    PLATFORM_LINE VERSION_LINE DEVICE_LINE);
	assert_string_equal(headers(*state, ""),
			    PLATFORM_LINE VERSION_LINE DEVICE_LINE);
}

static void the_owners_headers_replace_ours(void **state)
{
	static const struct {
		const char *settings, *sent;
	} rows[] = {
		{ "User-Agent: A/1",
		  PLATFORM_LINE VERSION_LINE DEVICE_LINE "[User-Agent: A/1]" },
		{ "x-msh-platform: own",
		  VERSION_LINE DEVICE_LINE "[x-msh-platform: own]" },
		{ "X-MSH-VERSION: 9|X-Msh-Device-Id: e",
		  PLATFORM_LINE "[X-MSH-VERSION: 9][X-Msh-Device-Id: e]" },
		{ "  A: b  |  C: d e |",
		  PLATFORM_LINE VERSION_LINE DEVICE_LINE "[A: b][C: d e]" },
		{ "||  | |A: b",
		  PLATFORM_LINE VERSION_LINE DEVICE_LINE "[A: b]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(headers(*state, rows[i].settings),
				    rows[i].sent);
}

static void the_number_of_headers_is_limited(void **state)
{
	const char *many = "A: 0", *sent;

	for (int i = 1; i < 40; i++)
		many = arena_printf(*state, "%s|A: %d", many, i);
	sent = headers(*state, many);
	assert_contains(sent, "[A: 12]");
	assert_lacks(sent, "[A: 13]");
}

static void a_device_is_made_once(void **state)
{
	struct web_call *w = call_of(*state, NULL);
	const char *id;

	code_identity_service(&w->call);
	id = web_call_note(w, "device");
	assert_non_null(id);
	assert_true(strlen(id) >= 16);
	assert_string_equal(code_identity_service(&w->call).headers[2],
			    arena_printf(*state, "X-Msh-Device-Id: %s", id));
	assert_string_equal(web_call_note(w, "device"), id);
	assert_string_not_equal(
		id, strchr(code_identity_service(&call_of(*state, NULL)->call)
				   .headers[2],
			   ' ') +
			    1);
}

static struct model_list list(struct arena *a, const char *body)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = CODE "/models",
		  .status = 200,
		  .body = body },
		{ 0 },
	};
	struct model_list l = { 0 };

	assert_true(upstream_code.list(&call_of(a, answers)->call, &l));
	return l;
}

static void a_listed_model_is_what_the_list_says(void **state)
{
	static const unsigned thinking = MODEL_THINKS | MODEL_THINKING_SWITCH |
					 MODEL_EFFORT;
	static const struct {
		const char *members;
		unsigned traits; /* of `thinking` */
	} rows[] = {
		{ "\"supports_thinking_type\":\"both\"",
		  MODEL_THINKS | MODEL_THINKING_SWITCH },
		{ "\"supports_thinking_type\":\"only\"", MODEL_THINKS },
		{ "\"supports_thinking_type\":\"no\"", 0 },
		{ "\"supports_reasoning\":true,\"supports_thinking_type\":"
		  "\"no\"",
		  0 },
		{ "\"supports_reasoning\":true", MODEL_THINKS },
		{ "\"supports_reasoning\":false", 0 },
		{ "\"supports_thinking_type\":\"only\",\"think_efforts\":{"
		  "\"support\":true}",
		  MODEL_THINKS | MODEL_EFFORT },
		{ "\"think_efforts\":{\"support\":false}", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct model_list l =
			list(*state, arena_printf(*state,
						  "{\"data\":[{\"id\":\"new\","
						  "%s}]}",
						  rows[i].members));

		assert_int_equal(l.n, 1);
		assert_ptr_equal(l.models[0].upstream, &upstream_code);
		assert_int_equal(l.models[0].traits & thinking, rows[i].traits);
		assert_true(l.models[0].traits & MODEL_FIXED_SAMPLING);
	}
}

static void traits_that_the_list_leaves_out_are_the_known_ones(void **state)
{
	struct model_list l = list(*state,
				   "{\"data\":[{\"id\":\"k3\"},{\"id\":\"kimi-"
				   "for-coding\",\"context_length\":1048576,"
				   "\"supports_image_in\":true,\"protocol\":"
				   "\"anthropic\"}]}");

	assert_int_equal(l.n, 2);
	assert_int_equal(l.models[0].context, 1048576);
	assert_true(l.models[0].traits & MODEL_EFFORT);
	assert_false(l.models[0].traits & MODEL_IMAGES);
	assert_false(l.models[0].traits & MODEL_MESSAGES);
	assert_int_equal(l.models[1].context, 1048576);
	assert_true(l.models[1].traits & MODEL_THINKING_SWITCH);
	assert_true(l.models[1].traits & MODEL_IMAGES);
	assert_true(l.models[1].traits & MODEL_MESSAGES);
}

static void entries_that_are_not_models_are_ignored(void **state)
{
	struct model_list l = list(*state,
				   "{\"data\":[7,null,{},{\"id\":7},{\"id\":"
				   "\"\"},{\"id\":\"a\"}]}");

	assert_int_equal(l.n, 1);
	assert_int_equal(list(*state, "{}").n, 0);
	assert_int_equal(list(*state, "{\"data\":7}").n, 0);
}

struct searched {
	struct web_call *w;
	const char *result;
	bool ok;
};

static struct searched look(struct arena *a, const char *arguments, long status,
			    const char *body)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = CODE "/search",
		  .status = status,
		  .body = body },
		{ 0 },
	};
	struct searched s = { .w = call_of(a, answers) };

	/* Citations come after text. */
	chat_stream_text(&s.w->stream, "x", 1);
	s.ok = code_search_perform(&s.w->call, arguments, &s.w->stream,
				   &s.result);
	return s;
}

static void search_results_are_passed_on_and_cited(void **state)
{
	struct searched s = look(
		*state, "{\"query\":\"caf\\u00e9 \\\"x\\\"\"}", 200,
		"{\"search_results\":[{\"title\":\"A\",\"url\":\"https://"
		"a.example\",\"content\":\"long\",\"snippet\":\"short\"},"
		"{\"url\":\"https://b.example\",\"content\":\"\",\"snippet\":"
		"\"short\"},{\"title\":\"no link\"}]}");

	assert_true(s.ok);
	assert_string_equal(s.w->replay.calls[0].body,
			    "{\"text_query\":\"café \\\"x\\\"\"}");
	assert_string_equal(s.w->replay.calls[0].bearer, "sk-kimi-unit");
	assert_string_equal(
		s.result,
		"[{\"title\":\"A\",\"url\":\"https://a.example\",\"text\":"
		"\"long\"},{\"title\":null,\"url\":\"https://b.example\","
		"\"text\":\"short\"},{\"title\":\"no link\",\"url\":null,"
		"\"text\":null}]");
	assert_string_equal(buf_text(&s.w->log->text),
			    "start open0:text delta0:x "
			    "cite:https://a.example(A)@1 "
			    "cite:https://b.example()@1");
}

static void without_a_query_nothing_is_searched(void **state)
{
	static const char *const arguments[] = {
		"", "{}", "[]", "null", "{\"query\":7}", "{\"query\":", "x",
	};

	for (size_t i = 0; i < COUNT(arguments); i++) {
		struct searched s = look(*state, arguments[i], 200, "{}");

		assert_true(s.ok);
		assert_contains(s.result, "query");
		assert_int_equal(s.w->replay.n_calls, 0);
	}
}

static void no_results_are_an_empty_list(void **state)
{
	assert_string_equal(look(*state, "{\"query\":\"x\"}", 200,
				 "{\"search_results\":[]}")
				    .result,
			    "[]");
	assert_string_equal(look(*state, "{\"query\":\"x\"}", 200, "{}").result,
			    "[]");
}

static void a_search_fails_like_any_call(void **state)
{
	struct searched s =
		look(*state, "{\"query\":\"x\"}", 402,
		     "{\"error\":{\"message\":\"verify your membership\"}}");

	assert_false(s.ok);
	assert_error(&s.w->error, ERROR_FORBIDDEN, "");
	assert_int_equal(s.w->error.cooldown_ms, 300000);
	assert_false(look(*state, "{\"query\":\"x\"}", 200, "<html>").ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_headers_name_this_program),
		TEST(the_owners_headers_replace_ours),
		TEST(the_number_of_headers_is_limited),
		TEST(a_device_is_made_once),
		TEST(a_listed_model_is_what_the_list_says),
		TEST(traits_that_the_list_leaves_out_are_the_known_ones),
		TEST(entries_that_are_not_models_are_ignored),
		TEST(search_results_are_passed_on_and_cited),
		TEST(without_a_query_nothing_is_searched),
		TEST(no_results_are_an_empty_list),
		TEST(a_search_fails_like_any_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
