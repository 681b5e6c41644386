/* SPDX-License-Identifier: MIT */
/* Kimi Code: who we say we are, models, limits, searches. */
#include "tests/unit/support/test.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/version.h"
#include "tests/unit/support/web_call.h"
#include "upstream/api/code_identity.h"
#include "upstream/api/code_search.h"
#include "upstream/api/code_usages.h"
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

static const char *in(struct arena *a, int seconds, const char *ending)
{
	time_t t = (time_t)(clock_wall_ms() / 1000) + seconds;
	struct tm tm;
	char text[32];

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(a, "\"resetTime\":\"%s%s\"", text, ending);
}

static int64_t reset(struct arena *a, long status, const char *body)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = CODE "/usages",
		  .status = status,
		  .body = body },
		{ 0 },
	};

	return code_usages_reset_ms(&call_of(a, answers)->call);
}

static void the_used_up_window_says_when_it_resets(void **state)
{
	struct arena *a = *state;
	const char *week = in(a, 90000, "Z"), *hours = in(a, 7000, "Z");
	const struct {
		const char *usage, *detail; /* besides the times */
		int64_t seconds;
	} rows[] = {
		{ "\"limit\":\"100\",\"used\":\"30\"",
		  "\"limit\":\"100\",\"used\":\"100\"", 7000 },
		{ "\"limit\":\"100\",\"used\":\"100\"",
		  "\"limit\":\"100\",\"used\":\"30\"", 90000 },
		{ "\"limit\":\"100\",\"used\":\"101\"",
		  "\"limit\":\"100\",\"remaining\":\"0\"", 90000 },
		{ "\"limit\":\"100\",\"remaining\":\"1\"",
		  "\"limit\":\"100\",\"remaining\":\"0\"", 7000 },
		{ "\"limit\":100,\"used\":100", "\"remaining\":5", 90000 },
		{ "\"limit\":\"100\",\"used\":\"0\"",
		  "\"limit\":\"100\",\"used\":\"0\"", 0 },
		{ "\"limit\":\"100\"", "\"used\":\"3\"", 7000 },
		{ "\"limit\":\"9223372036854775807\",\"used\":\"-7\"",
		  "\"limit\":\"100\"", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t ms = reset(a, 200,
				   arena_printf(a,
						"{\"usage\":{%s,%s},\"limits\":"
						"[{\"detail\":{%s,%s}}]}",
						rows[i].usage, week,
						rows[i].detail, hours));
		int64_t wanted = rows[i].seconds * 1000;

		assert_in_range(ms, wanted > 5000 ? wanted - 5000 : 0, wanted);
	}
}

#define USED_UP "{\"usage\":{\"limit\":\"1\",\"used\":\"1\",%s}}"

static void a_reset_time_is_read_in_every_form(void **state)
{
	struct arena *a = *state;

	assert_in_range(
		reset(a, 200,
		      arena_printf(a, USED_UP, in(a, 500, ".123456789Z"))),
		495000, 500000);
	assert_int_equal(
		reset(a, 200, arena_printf(a, USED_UP, in(a, -500, "Z"))), 0);
	assert_int_equal(
		reset(a, 200,
		      arena_printf(a, USED_UP, "\"resetTime\":\"soon\"")),
		0);
	assert_int_equal(
		reset(a, 200, arena_printf(a, USED_UP, "\"resetTime\":7")), 0);
	assert_int_equal(reset(a, 500, "{}"), 0);
	assert_int_equal(reset(a, 200, "no json"), 0);
	assert_int_equal(reset(a, 200, "{\"limits\":7}"), 0);
}

static void usages_are_listed_as_numbers(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = CODE "/usages",
		  .status = 200,
		  .body = "{\"usage\":{\"limit\":\"100\",\"remaining\":\"97\","
			  "\"resetTime\":\"2026-12-01T00:00:00Z\"},\"limits\":"
			  "[{\"window\":{\"duration\":300,\"timeUnit\":"
			  "\"TIME_UNIT_MINUTE\"},\"detail\":{\"limit\":\"100\","
			  "\"used\":\"12\"}},{\"detail\":{}}]}" },
		{ 0 },
	};

	assert_string_equal(
		code_usages(&call_of(*state, answers)->call),
		"[{\"window\":\"billing cycle\",\"limit\":100,\"used\":3,"
		"\"remaining\":97,\"resets_at\":\"2026-12-01T00:00:00Z\"},"
		"{\"window\":\"300 MINUTE\",\"limit\":100,\"used\":12,"
		"\"remaining\":88,\"resets_at\":null},"
		"{\"window\":\"window\",\"resets_at\":null}]");
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
		TEST(the_used_up_window_says_when_it_resets),
		TEST(a_reset_time_is_read_in_every_form),
		TEST(usages_are_listed_as_numbers),
		TEST(search_results_are_passed_on_and_cited),
		TEST(without_a_query_nothing_is_searched),
		TEST(no_results_are_an_empty_list),
		TEST(a_search_fails_like_any_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
