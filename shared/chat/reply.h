/* SPDX-License-Identifier: MIT */
#ifndef CHAT_REPLY_H
#define CHAT_REPLY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "chat/chat.h"

/*
 * All events folded into a whole reply: what a client that does not stream
 * gets, and what is stored.
 */
struct chat_reply {
	struct arena *arena;
	struct buf text, reasoning;
	const char *details;	 /* of the reasoning; NULL: none */
	struct chat_call *calls; /* arguments are set at their CLOSE */
	size_t n_calls, calls_room;
	struct buf arguments; /* of the call that is open */
	struct chat_cited *cited;
	size_t n_cited, cited_room;
	struct chat_span *spans; /* every block, in order */
	size_t n_spans, spans_room;
	bool unordered; /* they are not reasoning, text, calls */
	bool compacts;	/* it is a summary of the conversation */
	bool started, finished;
	size_t size;   /* bytes of text, reasoning and arguments */
	bool overflow; /* they passed their limit, or there is no memory */
	enum chat_finish finish;
	const char *stop; /* as in the event FINISH */
	struct chat_usage usage;
	const struct chat_reply *next; /* of the next choice; NULL: none */
};

void chat_reply_init(struct chat_reply *r, struct arena *a);
void chat_reply_event(struct chat_reply *r, const struct chat_event *event);

/* The usage of this choice and the next ones. */
struct chat_usage chat_reply_usage(const struct chat_reply *r);

/*
 * For clients to whom arguments are objects: ERROR_UPSTREAM if `next` follows a
 * call whose arguments are none. Nobody may run it. Where the reply was cut off
 * within the call, its finish reason says so and the call passes.
 */
bool chat_reply_check_call(const struct chat_reply *r,
			   const struct chat_event *next, struct error *e);

/* The reply as a message of the conversation. */
struct chat_message chat_reply_message(const struct chat_reply *r);

#endif
