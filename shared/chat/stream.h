/* SPDX-License-Identifier: MIT */
#ifndef CHAT_STREAM_H
#define CHAT_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/flow.h"
#include "base/json_string.h"
#include "base/key_index.h"
#include "chat/chat.h"

/*
 * The only maker of chat events. Adapters report what comes over the wire, in
 * whatever order; listeners get events in the strict grammar of chat.h: one
 * block open at a time, calls one after the other, whole characters, citations
 * only after text, usage and finish reason at the end. A call without arguments
 * gets "{}", and control characters in its strings, which models forget to
 * escape, are escaped.
 */
struct chat_stream {
	enum flow (*on_event)(void *ctx, const struct chat_event *event);
	void *ctx;
	struct arena *arena;
	enum flow flow; /* what the listener returned last */

	bool started, ended;
	bool one_call; /* drop every call but the first */
	bool lost;     /* arguments came for a call that is not open */
	bool silent;   /* the open block has no content yet */
	bool open;     /* a block is open: */
	enum chat_block block;
	unsigned index, call; /* … its index, and its call */
	unsigned next_index;

	struct json_string string; /* in its arguments */
	char tail[4];		   /* an incomplete character of it */
	size_t tail_len;
	size_t characters;		 /* of text so far */
	struct chat_parked_call **calls; /* in order of appearance */
	size_t n_calls, calls_room;
	struct key_index by_wire; /* the upstream's numbers of them */
	struct chat_parked_citation *citations, **last_citation;
	const char *details; /* of the reasoning */
	struct chat_usage usage;
	bool has_finish;
	enum chat_finish finish;
	const char *stop; /* the sequence that ended it, as in the event */
	struct chat_bookmark bookmark;
	bool bookmark_spent;
};

void chat_stream_init(struct chat_stream *s, struct arena *a,
		      enum flow (*on_event)(void *ctx,
					    const struct chat_event *event),
		      void *ctx);

/*
 * What a callback returns that writes to the stream. If `ok` is false: what the
 * listener returned, if that ended the stream; else FLOW_FAILED, as the
 * callback then filled an error of its own.
 */
enum flow chat_stream_flow(const struct chat_stream *s, bool ok);

/*
 * For adapters. Each returns false once the listener has ended it: `flow` says
 * whether it wants no more or has failed.
 */
bool chat_stream_text(struct chat_stream *s, const char *p, size_t n);
bool chat_stream_reasoning(struct chat_stream *s, const char *p, size_t n);

/* What only Kimi can read of the reasoning, so far (chat_message.details);
 * NULL: nothing. */
void chat_stream_details(struct chat_stream *s, const char *details);

/* A tool call begins. `call` is the wire's own number for it. */
bool chat_stream_tool(struct chat_stream *s, unsigned call, const char *id,
		      const char *name);
bool chat_stream_tool_args(struct chat_stream *s, unsigned call, const char *p,
			   size_t n);

/* A source. The same URL twice is one citation. */
bool chat_stream_cite(struct chat_stream *s, const char *url,
		      const char *title);

/* Held until the end. */
void chat_stream_usage(struct chat_stream *s, const struct chat_usage *usage);
void chat_stream_finish_reason(struct chat_stream *s, enum chat_finish why);
/* It ended with this stop sequence, "" if that is not known. */
void chat_stream_stop(struct chat_stream *s, const char *sequence);

/* The same reason as another stream, if that has one. */
void chat_stream_end_like(struct chat_stream *s,
			  const struct chat_stream *other);
void chat_stream_bookmark(struct chat_stream *s, const char *chat,
			  const char *message);

/* The chat at Kimi holds more than the reply: no turn may continue it. */
void chat_stream_spend_bookmark(struct chat_stream *s);

/* Where the next turn may continue: the bookmark, unless it is spent. */
struct chat_bookmark chat_stream_place(const struct chat_stream *s);

/*
 * For the relay only. The end: CLOSE and FINISH, or ERROR. chat_stream_end is
 * false, without FINISH, when the listener ended it (`flow`); or with a filled
 * `e` when what the upstream sent is not a complete reply.
 */
bool chat_stream_end(struct chat_stream *s, struct error *e);
bool chat_stream_fail(struct chat_stream *s, const struct error *e);
bool chat_stream_ping(struct chat_stream *s);

#endif
