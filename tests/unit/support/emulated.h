/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_EMULATED_H
#define SUPPORT_EMULATED_H

#include "tests/unit/support/event_log.h"
#include "tests/unit/support/scenes.h"
#include "upstream/upstream.h"

/* Requests, what a model writes, and the events that come of it. */
#define ASK(more) "{\"model\":\"k2\",\"messages\":[" SAYS("hello") "]," more "}"
#define TOOL(name)                                                             \
	"{\"type\":\"function\",\"function\":{\"name\":\"" name                \
	"\",\"description\":\"about " name "\",\"parameters\":{\"type\":"      \
	"\"object\"}}}"
#define TOOLS "\"tools\":[" TOOL("rain") "," TOOL("sun") "]"
#define OBJECT "\"response_format\":{\"type\":\"json_object\"}"
#define CALL(name, json)                                                       \
	"<tool_call>{\"name\":\"" name "\",\"arguments\":" json "}</tool_call>"
#define RAIN CALL("rain", "{\"a\":1}")
#define TEXT(text) "start open0:text delta0:" text " close0 "
#define CALLED(block, number, name, json)                                      \
	"open" block ":call" number "(call_ID_" name "-3a" number "," name     \
	") delta" block ":" json " close" block " "
#define RAINED "start " CALLED("0", "0", "rain", "{\"a\":1}")

#define EMULATED_ROUNDS 3

/* One answer of a service that can do nothing but text. */
struct emulated_answer {
	const char *reasoning, *text;
	enum error_kind fails; /* after them; 0: it does not */
	bool has_finish;
	enum chat_finish finish;
	struct chat_usage usage;
};

/*
 * A request through emulate_run, and what the relay does around it: the
 * stream is ended, or not, by what came of it.
 */
struct emulated_run {
	const char *body; /* of POST /v1/chat/completions */
	struct emulated_answer answers[EMULATED_ROUNDS];
	size_t step;	     /* bytes of each piece; 0: all */
	size_t cut;	     /* or: bytes of the first of two */
	unsigned stop_after; /* events; then the client leaves */
	bool stateless;	     /* the service keeps no chats */
	const char *chat;    /* the bookmark's, known up to `known` */
	size_t known;
	int64_t (*count_text)(const void *ctx, const char *p, size_t n);

	/* What came of it. */
	bool done;
	const char *events; /* normalised */
	struct error error;
	struct chat_stream stream;
	unsigned rounds;
	bool stopped;			   /* the service was, before its end */
	const char *said[EMULATED_ROUNDS]; /* to it, what is new */
	struct chat_request asked[EMULATED_ROUNDS];
};

void emulated_run(struct emulated_run *run, struct arena *a);

/* The same for one answer of text. */
struct emulated_run emulated_ask(struct arena *a, const char *body,
				 const char *text);

/* The same in pieces of every kind: all must give these events. */
void assert_emulated(struct emulated_run run, struct arena *a,
		     const char *events);

/* Events without the borders of deltas, in the arena. */
const char *emulated_joined(struct arena *a, const char *events);

#endif
