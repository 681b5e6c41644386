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
 * GOLDEN_WRITE=1 writes the rest. Read it before you believe it. (The folder
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
	{ GOLDEN_WEB_LEGACY, "plain", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "thinking", "k1.5", GOLDEN_THINKING | GOLDEN_USAGE,
	  0 },
	{ GOLDEN_WEB_LEGACY, "search", "k2", GOLDEN_SEARCH | GOLDEN_USAGE, 0 },
	{ GOLDEN_WEB_LEGACY, "length", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "error_later", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "error_first", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "too_long", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "no_end", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "silent_end", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "empty", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "broken", "k2", GOLDEN_BREAKS, 0 },
	{ GOLDEN_WEB_LEGACY, "unknown", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "emoji", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "not_json", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "marks", "k2", 0, 0 },
	{ GOLDEN_WEB_LEGACY, "tools", "k2", GOLDEN_TOOLS, 0 },
	{ GOLDEN_WEB_CURRENT, "plain", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "thinking", "k1.5",
	  GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ GOLDEN_WEB_CURRENT, "thinking_flags", "k1.5", GOLDEN_THINKING, 0 },
	{ GOLDEN_WEB_CURRENT, "search", "k2", GOLDEN_SEARCH | GOLDEN_USAGE, 0 },
	{ GOLDEN_WEB_CURRENT, "search_marks_cut", "k2", GOLDEN_SEARCH, 0 },
	{ GOLDEN_WEB_CURRENT, "search_2025", "k2", GOLDEN_SEARCH, 0 },
	{ GOLDEN_WEB_CURRENT, "blocks", "k2", GOLDEN_THINKING, 0 },
	{ GOLDEN_WEB_CURRENT, "snapshot", "k2", GOLDEN_THINKING, 0 },
	{ GOLDEN_WEB_CURRENT, "snapshot_differs", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "whole_message", "k2", GOLDEN_THINKING, 0 },
	{ GOLDEN_WEB_CURRENT, "names_snake_case", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "heartbeats", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "unknown", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "degraded", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "emoji", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "empty", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "error_first", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "error_later", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "error_trailer", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "error_after_done", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "quota", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "retracted", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "exception_first", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "no_trailer", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "no_done", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "truncated", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "truncated_first", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "silent_end", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "broken", "k2", GOLDEN_BREAKS, 0 },
	{ GOLDEN_WEB_CURRENT, "broken_after_done", "k2", GOLDEN_BREAKS, 0 },
	{ GOLDEN_WEB_CURRENT, "grpc_web", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "grpc_web_error", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "compressed", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "not_json", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "not_connect", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "too_large", "k2", 0, 0 },
	{ GOLDEN_WEB_CURRENT, "tools", "k2", GOLDEN_TOOLS, 0 },
	{ GOLDEN_PLATFORM, "plain", "kimi-k3", 0, 0 },
	{ GOLDEN_PLATFORM, "reasoning", "kimi-k3",
	  GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ GOLDEN_PLATFORM, "tools", "kimi-k2.6",
	  GOLDEN_TOOLS | GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ GOLDEN_PLATFORM, "tools_without_index", "kimi-k2.6", GOLDEN_TOOLS,
	  0 },
	{ GOLDEN_PLATFORM, "tools_together", "kimi-k3", GOLDEN_TOOLS, 0 },
	{ GOLDEN_PLATFORM, "tools_interleaved", "kimi-k3", GOLDEN_TOOLS, 0 },
	{ GOLDEN_PLATFORM, "tools_in_sequence", "kimi-k2.6", GOLDEN_TOOLS, 0 },
	{ GOLDEN_PLATFORM, "tools_empty_names", "kimi-k2.6", GOLDEN_TOOLS, 0 },
	{ GOLDEN_PLATFORM, "tools_side_by_side", "kimi-k2.6", GOLDEN_TOOLS, 0 },
	{ GOLDEN_PLATFORM, "usage_choice", "kimi-k3", GOLDEN_USAGE, 0 },
	{ GOLDEN_PLATFORM, "usage_top", "kimi-k3", GOLDEN_USAGE, 0 },
	{ GOLDEN_PLATFORM, "usage_extra", "kimi-k3", GOLDEN_USAGE, 0 },
	{ GOLDEN_PLATFORM, "usage_none", "kimi-k3", GOLDEN_USAGE, 0 },
	{ GOLDEN_PLATFORM, "length", "kimi-k3", 0, 0 },
	{ GOLDEN_PLATFORM, "filter", "kimi-k3", 0, 0 },
	{ GOLDEN_PLATFORM, "error_later", "kimi-k3", 0, 0 },
	{ GOLDEN_PLATFORM, "error_first", "kimi-k3", 0, 0 },
	{ GOLDEN_PLATFORM, "truncated", "kimi-k3", 0, 0 },
	{ GOLDEN_PLATFORM, "broken", "kimi-k3", GOLDEN_BREAKS, 0 },
	{ GOLDEN_PLATFORM, "no_done", "kimi-k3", 0, 0 },
	{ GOLDEN_PLATFORM, "unknown", "kimi-k3", 0, 0 },
	{ GOLDEN_PLATFORM, "emoji", "kimi-k3", GOLDEN_THINKING, 0 },
	{ GOLDEN_PLATFORM, "escapes", "kimi-k3", 0, 0 },
	{ GOLDEN_PLATFORM, "search", "kimi-k2.6",
	  GOLDEN_SEARCH | GOLDEN_2_ROUNDS | GOLDEN_USAGE, 0 },
	{ GOLDEN_PLATFORM, "too_long", "kimi-k3", 0, 400 },
	{ GOLDEN_PLATFORM, "rate_limit", "kimi-k3", 0, 429 },
	{ GOLDEN_PLATFORM, "balance", "kimi-k3", 0, 429 },
	{ GOLDEN_PLATFORM, "invalid_key", "kimi-k3", 0, 401 },
	{ GOLDEN_PLATFORM, "html", "kimi-k3", 0, 504 },
	{ GOLDEN_CODE_CHAT, "plain", "kimi-for-coding", 0, 0 },
	{ GOLDEN_CODE_CHAT, "reasoning", "k3", GOLDEN_THINKING | GOLDEN_USAGE,
	  0 },
	{ GOLDEN_CODE_CHAT, "tools", "k3",
	  GOLDEN_TOOLS | GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ GOLDEN_CODE_CHAT, "tools_cut", "kimi-for-coding",
	  GOLDEN_TOOLS | GOLDEN_CUT_CALL, 0 },
	{ GOLDEN_CODE_CHAT, "search", "kimi-for-coding",
	  GOLDEN_SEARCH | GOLDEN_THINKING | GOLDEN_2_ROUNDS | GOLDEN_USAGE, 0 },
	{ GOLDEN_CODE_CHAT, "length", "kimi-for-coding", 0, 0 },
	{ GOLDEN_CODE_CHAT, "filter", "kimi-for-coding", 0, 0 },
	{ GOLDEN_CODE_CHAT, "error_first", "kimi-for-coding", 0, 0 },
	{ GOLDEN_CODE_CHAT, "error_later", "kimi-for-coding", 0, 0 },
	{ GOLDEN_CODE_CHAT, "truncated", "kimi-for-coding", 0, 0 },
	{ GOLDEN_CODE_CHAT, "broken", "kimi-for-coding", GOLDEN_BREAKS, 0 },
	{ GOLDEN_CODE_CHAT, "unknown", "kimi-for-coding", 0, 0 },
	{ GOLDEN_CODE_CHAT, "emoji", "kimi-for-coding", GOLDEN_THINKING, 0 },
	{ GOLDEN_CODE_CHAT, "quota", "kimi-for-coding", 0, 403 },
	{ GOLDEN_CODE_CHAT, "membership", "kimi-for-coding", 0, 402 },
	{ GOLDEN_CODE_CHAT, "too_long", "kimi-for-coding", 0, 400 },
	{ GOLDEN_CODE_CHAT, "too_large", "kimi-for-coding", 0, 400 },
	{ GOLDEN_CODE_CHAT, "high_risk", "kimi-for-coding", 0, 400 },
	{ GOLDEN_CODE_CHAT, "refused", "kimi-for-coding",
	  GOLDEN_THINKING | GOLDEN_FALLBACK, 403 },
	{ GOLDEN_CODE_MESSAGES, "plain", "k3", GOLDEN_USAGE, 0 },
	{ GOLDEN_CODE_MESSAGES, "thinking", "k3",
	  GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ GOLDEN_CODE_MESSAGES, "thinking_unsigned", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "tools", "k3",
	  GOLDEN_TOOLS | GOLDEN_THINKING | GOLDEN_USAGE, 0 },
	{ GOLDEN_CODE_MESSAGES, "tools_cut", "k3",
	  GOLDEN_TOOLS | GOLDEN_CUT_CALL, 0 },
	{ GOLDEN_CODE_MESSAGES, "search", "k3",
	  GOLDEN_SEARCH | GOLDEN_THINKING | GOLDEN_2_ROUNDS | GOLDEN_USAGE, 0 },
	{ GOLDEN_CODE_MESSAGES, "length", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "refusal", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "stop_sequence", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "usage_cached", "k3", GOLDEN_USAGE, 0 },
	{ GOLDEN_CODE_MESSAGES, "usage_last", "k3", GOLDEN_USAGE, 0 },
	{ GOLDEN_CODE_MESSAGES, "usage_none", "k3", GOLDEN_USAGE, 0 },
	{ GOLDEN_CODE_MESSAGES, "empty", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "error_first", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "error_later", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "truncated", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "truncated_stop", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "broken", "k3", GOLDEN_BREAKS, 0 },
	{ GOLDEN_CODE_MESSAGES, "not_json", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "unknown", "k3", 0, 0 },
	{ GOLDEN_CODE_MESSAGES, "emoji", "k3", GOLDEN_THINKING, 0 },
	{ GOLDEN_CODE_MESSAGES, "quota", "k3", 0, 403 },
	{ GOLDEN_CODE_MESSAGES, "overloaded", "k3", 0, 429 },
	{ GOLDEN_CODE_MESSAGES, "too_long", "k3", 0, 400 },
	{ GOLDEN_CODE_MESSAGES, "invalid_key", "k3", 0, 401 },
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

	if (strstr(folded, "usage=untold") != NULL)
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
