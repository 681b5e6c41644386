/* SPDX-License-Identifier: MIT */
/*
 * Recorded upstream bytes in, exact client bytes out. Of each case NAME.kimi
 * is what Kimi sent, NAME.chat.stream and NAME.chat.whole what a client gets, with ids
 * and times made alike. GOLDEN_WRITE=1 writes the latter two anew: read them
 * before you believe them.
 */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/files.h"
#include "tests/unit/support/fold.h"
#include "tests/unit/support/replayed.h"
#include "tests/unit/support/site.h"

#define FOLDER "tests/golden/"

#define TOOLS                                                                  \
	",\"tools\":[{\"type\":\"function\",\"function\":"                     \
	"{\"name\":\"get_weather\"}},{\"type\":\"function\",\"function\":"     \
	"{\"name\":\"get_time\"}}]"
#define USAGE ",\"stream_options\":{\"include_usage\":true}"

struct golden {
	const char *name, *model;
	const char *more; /* members of the request */
	bool breaks;	  /* the connection, after the bytes */
};

static const struct golden cases[] = {
	{ "platform/plain", "kimi-k3", "", false },
	{ "platform/reasoning", "kimi-k3", USAGE, false },
	{ "platform/tools", "kimi-k2.6", TOOLS USAGE, false },
	{ "platform/tools_without_index", "kimi-k2.6", TOOLS, false },
	{ "platform/tools_together", "kimi-k3", TOOLS, false },
	{ "platform/tools_interleaved", "kimi-k3", TOOLS, false },
	{ "platform/tools_in_sequence", "kimi-k2.6", TOOLS, false },
	{ "platform/tools_empty_names", "kimi-k2.6", TOOLS, false },
	{ "platform/tools_side_by_side", "kimi-k2.6", TOOLS, false },
	{ "platform/usage_choice", "kimi-k3", USAGE, false },
	{ "platform/usage_top", "kimi-k3", USAGE, false },
	{ "platform/usage_extra", "kimi-k3", USAGE, false },
	{ "platform/usage_none", "kimi-k3", USAGE, false },
	{ "platform/length", "kimi-k3", "", false },
	{ "platform/filter", "kimi-k3", "", false },
	{ "platform/error_later", "kimi-k3", "", false },
	{ "platform/error_first", "kimi-k3", "", false },
	{ "platform/truncated", "kimi-k3", "", false },
	{ "platform/broken", "kimi-k3", "", true },
	{ "platform/no_done", "kimi-k3", "", false },
	{ "platform/unknown", "kimi-k3", "", false },
	{ "platform/emoji", "kimi-k3", "", false },
	{ "platform/escapes", "kimi-k3", "", false },
	{ "web_legacy/plain", "k2", "", false },
	{ "web_legacy/thinking", "k1.5", USAGE, false },
	{ "web_legacy/search", "k2", USAGE, false },
	{ "web_legacy/length", "k2", "", false },
	{ "web_legacy/error_later", "k2", "", false },
	{ "web_legacy/error_first", "k2", "", false },
	{ "web_legacy/too_long", "k2", "", false },
	{ "web_legacy/no_end", "k2", "", false },
	{ "web_legacy/silent_end", "k2", "", false },
	{ "web_legacy/empty", "k2", "", false },
	{ "web_legacy/broken", "k2", "", true },
	{ "web_legacy/unknown", "k2", "", false },
	{ "web_legacy/emoji", "k2", "", false },
	{ "web_legacy/not_json", "k2", "", false },
	{ "web_legacy/marks", "k2", "", false },
	{ "web_current/plain", "k2", "", false },
	{ "web_current/thinking", "k1.5", USAGE, false },
	{ "web_current/thinking_flags", "k1.5", "", false },
	{ "web_current/search", "k2", USAGE, false },
	{ "web_current/search_marks_cut", "k2", "", false },
	{ "web_current/search_2025", "k2", "", false },
	{ "web_current/blocks", "k2", "", false },
	{ "web_current/snapshot", "k2", "", false },
	{ "web_current/snapshot_differs", "k2", "", false },
	{ "web_current/whole_message", "k2", "", false },
	{ "web_current/names_snake_case", "k2", "", false },
	{ "web_current/heartbeats", "k2", "", false },
	{ "web_current/unknown", "k2", "", false },
	{ "web_current/degraded", "k2", "", false },
	{ "web_current/emoji", "k2", "", false },
	{ "web_current/empty", "k2", "", false },
	{ "web_current/error_first", "k2", "", false },
	{ "web_current/error_later", "k2", "", false },
	{ "web_current/error_trailer", "k2", "", false },
	{ "web_current/error_after_done", "k2", "", false },
	{ "web_current/quota", "k2", "", false },
	{ "web_current/retracted", "k2", "", false },
	{ "web_current/exception_first", "k2", "", false },
	{ "web_current/no_trailer", "k2", "", false },
	{ "web_current/no_done", "k2", "", false },
	{ "web_current/truncated", "k2", "", false },
	{ "web_current/truncated_first", "k2", "", false },
	{ "web_current/silent_end", "k2", "", false },
	{ "web_current/broken", "k2", "", true },
	{ "web_current/broken_after_done", "k2", "", true },
	{ "web_current/grpc_web", "k2", "", false },
	{ "web_current/grpc_web_error", "k2", "", false },
	{ "web_current/compressed", "k2", "", false },
	{ "web_current/not_json", "k2", "", false },
	{ "web_current/not_connect", "k2", "", false },
	{ "web_current/too_large", "k2", "", false },
};

/* Kimi web's current protocol, whose bytes are Connect envelopes. */
static bool is_current(const struct golden *c)
{
	return strncmp(c->name, "web_current/", 12) == 0;
}

static char *recorded(struct arena *a, const struct golden *c,
		      const char *ending, size_t *n)
{
	return files_read(a, arena_printf(a, FOLDER "%s%s", c->name, ending),
			  n);
}

static const char *request_of(struct arena *a, const struct golden *c,
			      bool stream)
{
	return arena_printf(a,
			    "{\"model\":\"%s\",\"messages\":[{\"role\":"
			    "\"user\",\"content\":\"Hi\"}],\"stream\":%s%s}",
			    c->model, stream ? "true" : "false", c->more);
}

/* The whole program's answer, with the upstream's bytes in such pieces. */
static char *served(struct arena *a, const struct golden *c, bool stream,
		    size_t step)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/completion",
		  .status = 200,
		  .breaks = c->breaks,
		  .again = true },
		{ .method = "POST",
		  .path = "/api/chat",
		  .status = 200,
		  .body = "{\"id\":\"d1abcdefghij01234567\"}",
		  .again = true },
		{ .method = "DELETE",
		  .path = "/api/chat/",
		  .status = 200,
		  .body = "{}",
		  .again = true },
		{ .method = "POST",
		  .path = "/DeleteChat",
		  .status = 200,
		  .body = "{}",
		  .again = true },
		{ 0 },
	};
	struct site *s;
	char *response;

	answers[0].body = recorded(a, c, ".kimi", &answers[0].n);
	if (is_current(c))
		answers[0].path = "/kimi.gateway.chat.v1.ChatService/Chat";
	s = site_open(a, is_current(c) ? "KIMI_WEB_PROTOCOL=current\n" : NULL,
		      answers);
	s->replay.step = step;
	response = arena_copy(a, site_ask(s, "POST", "/v1/chat/completions",
					  request_of(a, c, stream)));
	fold_normalise(response);
	return response;
}

static void check(struct arena *a, const struct golden *c, const char *ending,
		  const char *response)
{
	size_t n;

	if (getenv("GOLDEN_WRITE") != NULL)
		files_write(arena_printf(a, FOLDER "%s%s", c->name, ending),
			    response);
	else if (strcmp(response, recorded(a, c, ending, &n)) != 0)
		fail_msg("%s%s differs: %s", c->name, ending,
			 site_body(response));
}

/* *state is the case; opened, the case and an arena of its own. */
struct opened {
	struct arena arena;
	const struct golden *c;
};

static int open_case(void **state)
{
	struct opened *o = malloc(sizeof(*o));

	if (o == NULL)
		return -1;
	arena_init(&o->arena);
	o->c = *state;
	*state = o;
	return 0;
}

static int close_case(void **state)
{
	struct opened *o = *state;

	arena_fini(&o->arena);
	free(o);
	return 0;
}

static void run(void **state,
		void (*test)(struct arena *, const struct golden *))
{
	struct opened *o = *state;

	test(&o->arena, o->c);
}

static void check_whole(struct arena *a, const struct golden *c)
{
	check(a, c, ".chat.stream", served(a, c, true, 0));
	check(a, c, ".chat.whole", served(a, c, false, 0));
}

static void recorded_bytes_give_the_recorded_answer(void **state)
{
	run(state, check_whole);
}

static void check_bytes(struct arena *a, const struct golden *c)
{
	check(a, c, ".chat.stream", served(a, c, true, 1));
	check(a, c, ".chat.whole", served(a, c, false, 1));
}

static void byte_by_byte_the_answer_is_the_same(void **state)
{
	run(state, check_bytes);
}

/* The pieces between two reads are sent apart: joined they are the same. */
static void check_fold(struct arena *a, const struct golden *c)
{
	size_t n;
	const char *stream = recorded(a, c, ".chat.stream", &n);
	const char *whole = recorded(a, c, ".chat.whole", &n);
	const char *folded;

	/* What failed before its start is a plain error in both forms. */
	folded = strstr(stream, "text/event-stream") == NULL ?
			 fold_whole(a, site_body(stream)) :
			 fold_stream(a, site_body(stream));
	whole = fold_whole(a, site_body(whole));
	if (strstr(folded, "usage=untold") != NULL)
		whole = arena_copy_n(a, whole,
				     (size_t)(strstr(whole, "usage=") - whole));
	if (strncmp(folded, whole, strlen(whole)) != 0)
		fail_msg("%s: streamed %s, whole %s", c->name, folded, whole);
}

static void stream_and_whole_say_the_same(void **state)
{
	run(state, check_fold);
}

static void check_cut(struct arena *a, const struct golden *c, size_t step,
		      size_t cut)
{
	struct replayed r = {
		.request = request_of(a, c, true),
		.breaks = c->breaks,
		.current = is_current(c),
		.step = step,
		.cut = cut,
	};
	size_t n;

	r.bytes = recorded(a, c, ".kimi", &r.n);
	replayed_run(&r, a);
	if (strcmp(r.stream, site_body(recorded(a, c, ".chat.stream", &n))) !=
	    0)
		fail_msg("%s cut at %zu: %s", c->name, cut, r.stream);
	if (strcmp(r.whole, site_body(recorded(a, c, ".chat.whole", &n))) != 0)
		fail_msg("%s cut at %zu: %s", c->name, cut, r.whole);
}

static void check_cuts(struct arena *a, const struct golden *c)
{
	size_t n;

	recorded(a, c, ".kimi", &n);
	arena_reset(a);
	for (size_t cut = 0; cut <= n; cut++) {
		check_cut(a, c, 0, cut);
		arena_reset(a);
	}
	for (size_t step = 2; step <= 5; step++) {
		check_cut(a, c, step, 0);
		arena_reset(a);
	}
}

static void cut_at_every_byte_the_answer_is_the_same(void **state)
{
	run(state, check_cuts);
}

static const struct {
	const char *title;
	void (*test)(void **state);
} kinds[] = {
	{ "is answered as recorded", recorded_bytes_give_the_recorded_answer },
	{ "is answered alike byte by byte",
	  byte_by_byte_the_answer_is_the_same },
	{ "says the same streamed and whole", stream_and_whole_say_the_same },
	{ "is answered alike cut at every byte",
	  cut_at_every_byte_the_answer_is_the_same },
};

int main(void)
{
	struct CMUnitTest tests[COUNT(kinds) * COUNT(cases)] = { 0 };
	struct golden list[COUNT(cases)];
	struct arena a;
	int failed;

	arena_init(&a);
	memcpy(list, cases, sizeof(list));
	for (size_t i = 0; i < COUNT(tests); i++) {
		struct golden *c = &list[i / COUNT(kinds)];
		size_t kind = i % COUNT(kinds);

		tests[i].name =
			arena_printf(&a, "%s %s", c->name, kinds[kind].title);
		tests[i].test_func = kinds[kind].test;
		tests[i].initial_state = c;
		tests[i].setup_func = open_case;
		tests[i].teardown_func = close_case;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_fini(&a);
	return failed;
}
