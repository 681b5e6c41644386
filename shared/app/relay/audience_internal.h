/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_AUDIENCE_INTERNAL_H
#define APP_RELAY_AUDIENCE_INTERNAL_H

#include "app/relay/job_internal.h"
#include "app/relay/server_timing_internal.h"
#include "chat/reply.h"
#include "http/keep_alive.h"
#include "http/watch.h"

/*
 * Private to the relay: who receives the reply. That is the client, whether it
 * streams or waits for all of it. After it has left, or if the request runs in
 * the background, it is whoever resumes the stream or asks for the stored
 * response later.
 */
struct audience {
	const struct job *job;
	struct http_watch *watch; /* of the exchange's gateway, then of … */
	struct gateway alone;	  /* … the same without the client */
	struct dialect_envelope head;
	struct encoder *encoder; /* NULL: the client does not stream */
	struct keep_alive keep_alive;
	int64_t left_ms;   /* clock_ms: it left but we continue; else 0 */
	int64_t looked_ms; /* clock_ms: last look for a reader of the log */
	bool resumable;	   /* its stream is being logged */
	bool finishes;	   /* the key wants the reply whoever has left */
	bool has_content;  /* the first content was sent */
	bool detached;	   /* the client has its receipt: see audience_detach */
	bool cancelled;	   /* by another request */
};

/* `watch` is changed once the client has left. */
void audience_init(struct audience *a, const struct job *j,
		   struct http_watch *watch, bool resumable);

/* Runs the request in the background: the client gets a receipt instead of a
 * reply, and its connection is closed. */
void audience_detach(struct audience *a);

/* To be called before the first event: makes the encoder for a client that
 * streams. */
void audience_open(struct audience *a);

/* Sends an event. False when nobody is listening any more. */
bool audience_send(struct audience *a, const struct chat_event *event);

/* Flushes what was written. False as above. */
bool audience_flush(struct audience *a);

/* Milliseconds until a streaming client needs a sign of life; 0 or less: now;
 * INT64_MAX: never. */
int64_t audience_keep_alive_in(const struct audience *a, int64_t now);

/* The client has left. Whether the reply continues without it. */
bool audience_leave(struct audience *a);

/* Whether somebody still wants the reply. `row` is the row of its log. */
bool audience_waits(struct audience *a, int64_t row, int64_t now);

void audience_cancel(struct audience *a);

/* The outcome was recorded at `completed` (Unix seconds): from now on nothing
 * is continued without the client. */
void audience_note_end(struct audience *a, int64_t completed);

/* Sends the end of a reply: all of it, or the remainder of its stream. */
void audience_finish(struct audience *a, const struct chat_reply *reply,
		     const struct server_timing *timing);

#endif
