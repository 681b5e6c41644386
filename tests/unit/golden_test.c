/* SPDX-License-Identifier: MIT */
/*
 * What Kimi sent in, exact bytes for the client out. In tests/golden/ there is
 * a folder for each wire (format of Kimi); in it, for each scene:
 *
 *     NAME.kimi              the recorded bytes of Kimi
 *     NAME.2.kimi            … of its second call, where a reply takes two
 *     NAME.search.kimi       … of the search between them
 *     NAME.DIALECT.stream    what a client of the dialect (chat, responses,
 *     NAME.DIALECT.whole     messages) gets, streamed and whole
 *
 * Ids and times are replaced, and "ECHO":0 is what a response of the Responses
 * API repeats of its request. A new scene is a row below and its NAME.kimi:
 * GOLDEN_WRITE=1 writes the others. Read it before you believe it. (The folder
 * encoder/ belongs to openai_responses_test.)
 */
#include "tests/unit/support/test.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/anthropic_fold.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/fold.h"
#include "tests/unit/support/golden.h"
#include "tests/unit/support/responses_stream.h"
#include "tests/unit/support/site.h"

static const struct golden scenes[] = {
	{ "plain", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "thinking", "k1.5", GOLDEN_WEB_LEGACY, GOLDEN_THINKING | GOLDEN_USAGE,
	  0 },
	{ "search", "k2", GOLDEN_WEB_LEGACY, GOLDEN_SEARCH | GOLDEN_USAGE, 0 },
	{ "length", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "error_later", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "error_first", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "too_long", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "no_end", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "silent_end", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "empty", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "broken", "k2", GOLDEN_WEB_LEGACY, GOLDEN_BREAKS, 0 },
	{ "unknown", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "emoji", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "characters", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "not_json", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "marks", "k2", GOLDEN_WEB_LEGACY, 0, 0 },
	{ "tools", "k2", GOLDEN_WEB_LEGACY, GOLDEN_TOOLS, 0 },
	{ "too_large_page", "k2", GOLDEN_WEB_LEGACY, 0, 413 },
	{ "plain", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "thinking", "k1.5", GOLDEN_WEB_CURRENT,
	  GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "thinking_flags", "k1.5", GOLDEN_WEB_CURRENT, GOLDEN_THINKING, 0 },
	{ "search", "k2", GOLDEN_WEB_CURRENT, GOLDEN_SEARCH | GOLDEN_USAGE, 0 },
	{ "search_marks_cut", "k2", GOLDEN_WEB_CURRENT, GOLDEN_SEARCH, 0 },
	{ "search_2025", "k2", GOLDEN_WEB_CURRENT, GOLDEN_SEARCH, 0 },
	{ "blocks", "k2", GOLDEN_WEB_CURRENT, GOLDEN_THINKING, 0 },
	{ "snapshot", "k2", GOLDEN_WEB_CURRENT, GOLDEN_THINKING, 0 },
	{ "snapshot_differs", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "whole_message", "k2", GOLDEN_WEB_CURRENT, GOLDEN_THINKING, 0 },
	{ "names_snake_case", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "heartbeats", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "unknown", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "degraded", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "emoji", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "characters", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "empty", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "error_first", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "error_later", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "error_trailer", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "error_after_done", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "quota", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "retracted", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "exception_first", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "no_trailer", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "no_done", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "truncated", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "truncated_first", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "silent_end", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "broken", "k2", GOLDEN_WEB_CURRENT, GOLDEN_BREAKS, 0 },
	{ "broken_after_done", "k2", GOLDEN_WEB_CURRENT, GOLDEN_BREAKS, 0 },
	{ "grpc_web", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "grpc_web_error", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "compressed", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "not_json", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "not_connect", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "too_large", "k2", GOLDEN_WEB_CURRENT, 0, 0 },
	{ "tools", "k2", GOLDEN_WEB_CURRENT, GOLDEN_TOOLS, 0 },
	{ "too_large_page", "k2", GOLDEN_WEB_CURRENT, 0, 413 },
	{ "plain", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "reasoning", "kimi-k3", GOLDEN_PLATFORM,
	  GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "tools", "kimi-k2.6", GOLDEN_PLATFORM,
	  GOLDEN_TOOLS | GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "tools_without_index", "kimi-k2.6", GOLDEN_PLATFORM, GOLDEN_TOOLS,
	  0 },
	{ "tools_together", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_TOOLS, 0 },
	{ "tools_interleaved", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_TOOLS, 0 },
	{ "tools_in_sequence", "kimi-k2.6", GOLDEN_PLATFORM, GOLDEN_TOOLS, 0 },
	{ "tools_empty_names", "kimi-k2.6", GOLDEN_PLATFORM, GOLDEN_TOOLS, 0 },
	{ "tools_side_by_side", "kimi-k2.6", GOLDEN_PLATFORM, GOLDEN_TOOLS, 0 },
	{ "tools_renamed", "kimi-k2.6", GOLDEN_PLATFORM, GOLDEN_NAMES, 0 },
	{ "usage_choice", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_USAGE, 0 },
	{ "usage_top", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_USAGE, 0 },
	{ "usage_extra", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_USAGE, 0 },
	{ "usage_none", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_USAGE, 0 },
	{ "length", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "filter", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "filter_all", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_USAGE, 0 },
	{ "error_later", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "error_first", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "truncated", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "broken", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_BREAKS, 0 },
	{ "no_done", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "unknown", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "emoji", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_THINKING, 0 },
	{ "characters", "kimi-k3", GOLDEN_PLATFORM,
	  GOLDEN_THINKING | GOLDEN_TOOLS, 0 },
	{ "escapes", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "search", "kimi-k2.6", GOLDEN_PLATFORM,
	  GOLDEN_SEARCH | GOLDEN_2_ROUNDS | GOLDEN_USAGE, 0 },
	{ "too_long", "kimi-k3", GOLDEN_PLATFORM, 0, 400 },
	{ "rate_limit", "kimi-k3", GOLDEN_PLATFORM, 0, 429 },
	{ "balance", "kimi-k3", GOLDEN_PLATFORM, 0, 429 },
	{ "invalid_key", "kimi-k3", GOLDEN_PLATFORM, 0, 401 },
	{ "html", "kimi-k3", GOLDEN_PLATFORM, 0, 504 },
	{ "whole", "kimi-k3", GOLDEN_PLATFORM, GOLDEN_THINKING | GOLDEN_USAGE,
	  0 },
	{ "whole_tools", "kimi-k3", GOLDEN_PLATFORM,
	  GOLDEN_TOOLS | GOLDEN_USAGE, 0 },
	{ "whole_event", "kimi-k3", GOLDEN_PLATFORM,
	  GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "json_error", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "json_overflow", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "page", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "silent_end", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "error_unframed", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "error_detail", "kimi-k3", GOLDEN_PLATFORM, 0, 0 },
	{ "not_found_page", "kimi-k3", GOLDEN_PLATFORM, 0, 404 },
	{ "too_large_page", "kimi-k3", GOLDEN_PLATFORM, 0, 413 },
	{ "unauthorized_page", "kimi-k3", GOLDEN_PLATFORM, 0, 401 },
	{ "refused_model", "kimi-k3", GOLDEN_PLATFORM, 0, 404 },
	{ "plain", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 0 },
	{ "reasoning", "k3", GOLDEN_CODE_CHAT, GOLDEN_THINKING | GOLDEN_USAGE,
	  0 },
	{ "tools", "k3", GOLDEN_CODE_CHAT,
	  GOLDEN_TOOLS | GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "tools_renamed", "k3", GOLDEN_CODE_CHAT, GOLDEN_NAMES, 0 },
	{ "details_only", "k3", GOLDEN_CODE_CHAT,
	  GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "details_both", "k3.1-pro", GOLDEN_CODE_CHAT,
	  GOLDEN_THINKING | GOLDEN_TOOLS, 0 },
	{ "details_late", "k3", GOLDEN_CODE_CHAT, GOLDEN_THINKING, 0 },
	{ "tools_cut", "kimi-for-coding", GOLDEN_CODE_CHAT,
	  GOLDEN_TOOLS | GOLDEN_CUT_CALL, 0 },
	{ "search", "kimi-for-coding", GOLDEN_CODE_CHAT,
	  GOLDEN_SEARCH | GOLDEN_THINKING | GOLDEN_2_ROUNDS | GOLDEN_USAGE, 0 },
	{ "length", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 0 },
	{ "filter", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 0 },
	{ "error_first", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 0 },
	{ "error_later", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 0 },
	{ "truncated", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 0 },
	{ "broken", "kimi-for-coding", GOLDEN_CODE_CHAT, GOLDEN_BREAKS, 0 },
	{ "unknown", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 0 },
	{ "emoji", "kimi-for-coding", GOLDEN_CODE_CHAT, GOLDEN_THINKING, 0 },
	{ "quota", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 403 },
	{ "membership", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 402 },
	{ "too_long", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 400 },
	{ "too_large", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 400 },
	{ "high_risk", "kimi-for-coding", GOLDEN_CODE_CHAT, 0, 400 },
	{ "whole", "k3", GOLDEN_CODE_CHAT, GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "whole_tools", "k3", GOLDEN_CODE_CHAT, GOLDEN_TOOLS | GOLDEN_USAGE,
	  0 },
	{ "whole_event", "k3", GOLDEN_CODE_CHAT, GOLDEN_THINKING | GOLDEN_USAGE,
	  0 },
	{ "json_error", "k3", GOLDEN_CODE_CHAT, 0, 0 },
	{ "json_overflow", "k3", GOLDEN_CODE_CHAT, 0, 0 },
	{ "page", "k3", GOLDEN_CODE_CHAT, 0, 0 },
	{ "silent_end", "k3", GOLDEN_CODE_CHAT, 0, 0 },
	{ "error_unframed", "k3", GOLDEN_CODE_CHAT, 0, 0 },
	{ "error_detail", "k3", GOLDEN_CODE_CHAT, 0, 0 },
	{ "plan_context", "k3", GOLDEN_CODE_CHAT, 0, 0 },
	{ "refused", "kimi-for-coding", GOLDEN_CODE_CHAT,
	  GOLDEN_THINKING | GOLDEN_FALLBACK, 403 },
	{ "plain", "k3", GOLDEN_CODE_MESSAGES, GOLDEN_USAGE, 0 },
	{ "thinking", "k3", GOLDEN_CODE_MESSAGES,
	  GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "thinking_unsigned", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "tools", "k3", GOLDEN_CODE_MESSAGES,
	  GOLDEN_TOOLS | GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "tools_renamed", "k3", GOLDEN_CODE_MESSAGES, GOLDEN_NAMES, 0 },
	{ "tools_cut", "k3", GOLDEN_CODE_MESSAGES,
	  GOLDEN_TOOLS | GOLDEN_CUT_CALL, 0 },
	{ "search", "k3", GOLDEN_CODE_MESSAGES,
	  GOLDEN_SEARCH | GOLDEN_THINKING | GOLDEN_2_ROUNDS | GOLDEN_USAGE, 0 },
	{ "length", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "refusal", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "stop_sequence", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "usage_cached", "k3", GOLDEN_CODE_MESSAGES, GOLDEN_USAGE, 0 },
	{ "usage_last", "k3", GOLDEN_CODE_MESSAGES, GOLDEN_USAGE, 0 },
	{ "usage_none", "k3", GOLDEN_CODE_MESSAGES, GOLDEN_USAGE, 0 },
	{ "empty", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "error_first", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "error_later", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "truncated", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "truncated_stop", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "broken", "k3", GOLDEN_CODE_MESSAGES, GOLDEN_BREAKS, 0 },
	{ "not_json", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "unknown", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "emoji", "k3", GOLDEN_CODE_MESSAGES, GOLDEN_THINKING, 0 },
	{ "characters", "k3", GOLDEN_CODE_MESSAGES,
	  GOLDEN_THINKING | GOLDEN_TOOLS, 0 },
	{ "quota", "k3", GOLDEN_CODE_MESSAGES, 0, 403 },
	{ "overloaded", "k3", GOLDEN_CODE_MESSAGES, 0, 429 },
	{ "too_long", "k3", GOLDEN_CODE_MESSAGES, 0, 400 },
	{ "whole", "k3", GOLDEN_CODE_MESSAGES, GOLDEN_THINKING | GOLDEN_USAGE,
	  0 },
	{ "whole_tools", "k3", GOLDEN_CODE_MESSAGES,
	  GOLDEN_TOOLS | GOLDEN_USAGE, 0 },
	{ "whole_event", "k3", GOLDEN_CODE_MESSAGES,
	  GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ "json_error", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "json_overflow", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "page", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "silent_end", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "error_unframed", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "plan_context", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "plan_model", "k3", GOLDEN_CODE_MESSAGES, 0, 0 },
	{ "invalid_key", "k3", GOLDEN_CODE_MESSAGES, 0, 401 },
};

static void check(struct arena *a, const struct golden *g,
		  enum golden_dialect d, bool stream, const char *response)
{
	const char *path = golden_path(a, g, golden_ending(a, d, stream));
	size_t n;

	if (getenv("GOLDEN_WRITE") != NULL)
		files_write(path, response);
	else if (strcmp(response, files_read(a, path, &n)) != 0)
		fail_msg("%s differs: %s", path, site_body(response));
}

/* In one piece, and byte by byte. */
static void clients_get_the_recorded_replies(struct arena *a,
					     const struct golden *g)
{
	struct golden_site *s = golden_open(a, g);

	for (int i = 0; i < GOLDEN_DIALECTS * 4; i++) {
		enum golden_dialect d = (enum golden_dialect)(i / 4);
		bool stream = i % 2;
		size_t step = i / 2 % 2;

		check(a, g, d, stream, golden_serve(s, d, stream, step));
	}
}

static void assert_same(const char *whole, const char *events, const char *how,
			size_t n)
{
	if (strcmp(events, whole) != 0)
		fail_msg("%s %zu: %s", how, n, events);
}

/*
 * Encoders see nothing but events. Where those are the same the reply is, in
 * every dialect.
 */
static void cut_anywhere_the_events_are_the_same(struct arena *a,
						 const struct golden *g)
{
	struct golden_player *p = golden_player_open(a, g);
	const char *whole = arena_copy(a, golden_player_events(p, 0, 0));
	size_t n;

	golden_bytes(a, g, &n);
	for (size_t cut = 1; cut < n; cut++)
		assert_same(whole, golden_player_events(p, cut, 0), "cut at",
			    cut);
	for (size_t step = 1; step <= 5; step++)
		assert_same(whole, golden_player_events(p, 0, step),
			    "in pieces of", step);
}

/* --- The pieces of a stream, joined, are the whole reply --- */

static const char *golden(struct arena *a, const struct golden *g,
			  enum golden_dialect d, bool stream)
{
	size_t n;

	return files_read(a, golden_path(a, g, golden_ending(a, d, stream)),
			  &n);
}

/* What failed before it began is a plain error in both forms. */
static bool is_stream(const char *response)
{
	return strstr(response, "text/event-stream") != NULL;
}

static void chat_says_the_same(struct arena *a, const char *stream,
			       const char *whole)
{
	const char *folded = is_stream(stream) ?
				     fold_stream(a, site_body(stream)) :
				     fold_whole(a, site_body(stream));
	const char *other = fold_whole(a, site_body(whole));
	size_t n = strlen(other);

	if (strstr(folded, "usage=none") != NULL)
		n = (size_t)(strstr(other, "usage=") - other);
	if (strncmp(folded, other, n) != 0)
		fail_msg("streamed %s, whole %s", folded, other);
}

/* A response that fails in its stream is an error as a whole. */
static void responses_say_the_same(struct arena *a, const char *stream,
				   const char *whole)
{
	const cJSON *plain = parse(a, site_body(whole)), *last;

	if (!is_stream(stream)) {
		assert_string_equal(site_body(stream), site_body(whole));
		return;
	}
	last = responses_stream_read(a, site_body(stream)).last;
	if (json_at(plain, "error") == NULL) {
		assert_string_equal(json_print(a, last), json_print(a, plain));
		return;
	}
	assert_string_equal(json_text(last, "status"), "failed");
	assert_string_equal(json_text(last, "error.message"),
			    json_text(plain, "error.message"));
	assert_string_equal(json_text(last, "error.type"),
			    json_text(plain, "error.type"));
}

static void messages_say_the_same(struct arena *a, const char *stream,
				  const char *whole)
{
	const char *folded =
		is_stream(stream) ?
			anthropic_fold_stream(a, site_body(stream)) :
			anthropic_fold_whole(a, site_body(stream));
	const char *other = anthropic_fold_whole(a, site_body(whole));
	size_t n = strlen(other);

	/* What came before an error only a stream can tell. */
	if (strncmp(other, "error:", 6) == 0 && strlen(folded) > n)
		folded += strlen(folded) - n;
	assert_string_equal(folded, other);
}

static void a_stream_says_what_the_whole_does(struct arena *a,
					      const struct golden *g)
{
	static void (*const same[])(struct arena * a, const char *stream,
				    const char *whole) = {
		[GOLDEN_CHAT] = chat_says_the_same,
		[GOLDEN_RESPONSES] = responses_say_the_same,
		[GOLDEN_MESSAGES] = messages_say_the_same,
	};

	for (int d = 0; d < GOLDEN_DIALECTS; d++)
		if (d != GOLDEN_MESSAGES || !(g->traits & GOLDEN_CUT_CALL))
			same[d](a, golden(a, g, (enum golden_dialect)d, true),
				golden(a, g, (enum golden_dialect)d, false));
}

/* --- A test of each kind for each scene --- */

static const struct kind {
	const char *title; /* of "NAME.kimi: …" */
	void (*test)(struct arena *a, const struct golden *g);
} kinds[] = {
	{ "clients get the recorded replies",
	  clients_get_the_recorded_replies },
	{ "cut anywhere the events are the same",
	  cut_anywhere_the_events_are_the_same },
	{ "a stream says what the whole does",
	  a_stream_says_what_the_whole_does },
};

struct test {
	const struct kind *kind;
	const struct golden *golden;
};

static void run(void **state)
{
	const struct test *t = *state;
	struct arena a;

	arena_init(&a);
	t->kind->test(&a, t->golden);
	arena_fini(&a);
}

static bool is_a_scene(struct arena *a, const char *path)
{
	for (size_t i = 0; i < COUNT(scenes); i++)
		for (const char *const *e =
			     (const char *const[]){ "kimi", "2.kimi",
						    "search.kimi", NULL };
		     *e != NULL; e++)
			if (strcmp(path, golden_path(a, &scenes[i], *e)) == 0)
				return true;
	return false;
}

static void every_recording_is_a_scene(void **state)
{
	glob_t found;

	assert_int_equal(glob("tests/golden/*/*.kimi", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (!is_a_scene(*state, found.gl_pathv[i]))
			fail_msg("no scene has %s", found.gl_pathv[i]);
	globfree(&found);
}

int main(void)
{
	struct CMUnitTest tests[COUNT(kinds) * COUNT(scenes) + 1] = { 0 };
	struct test list[COUNT(kinds) * COUNT(scenes)];
	struct arena a;
	int failed;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(list); i++) {
		list[i].golden = &scenes[i / COUNT(kinds)];
		list[i].kind = &kinds[i % COUNT(kinds)];
		tests[i].name = arena_printf(
			&a, "%s: %s", golden_path(&a, list[i].golden, "kimi"),
			list[i].kind->title);
		tests[i].test_func = run;
		tests[i].initial_state = &list[i];
	}
	tests[COUNT(list)] =
		(struct CMUnitTest)TEST(every_recording_is_a_scene);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_fini(&a);
	return failed;
}
