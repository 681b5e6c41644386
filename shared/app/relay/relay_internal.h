/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_RELAY_INTERNAL_H
#define APP_RELAY_RELAY_INTERNAL_H

#include "app/auth.h"
#include "app/exchange.h"
#include "app/relay/cleanup.h"
#include "base/buf.h"
#include "chat/event_log.h"
#include "chat/history.h"
#include "chat/reply.h"
#include "chat/stream.h"
#include "store/turn_close.h"
#include "http/keep_alive.h"
#include "upstream/model.h"

/* Inside of the relay: one chat request on its way. */
struct relay {
	struct exchange *x;
	const struct caller *caller;
	struct chat_request *request;
	struct chat_request told; /* as it is stored: files by name only */
	struct model model;
	struct store *store;
	struct store_turn turn;
	struct chat_history history;
	struct chat_stream stream;
	struct chat_reply reply;
	struct encoder *encoder; /* NULL: the answer is not streamed */
	struct dialect_answer answer;
	struct http_watch watch;
	struct gateway alone; /* the exchange's, without the client */
	const struct credential *credential; /* being tried, or tried last */
	int64_t slot;			     /* of it; 0: none needed */
	struct cleanup cleanup;
	struct keep_alive keep_alive;
	int64_t first_token_ms;
	int64_t renew_ms; /* never, before relay_take_turn: it opens the row */
	struct store_as store_as;
	struct buf events; /* not in the stream log yet */
	int64_t hold_ms;   /* between two renewals of the row */
	int64_t logged_ms, asked_ms;
	int64_t left_ms; /* when the client did, and we went on; 0: not */
	bool recorded;
	bool reshaped;	   /* Kimi is told other messages than are stored */
	bool logs;	   /* the events of this answer */
	bool detached;	   /* the client got its answer already */
	bool cancelled;	   /* by another request */
	bool chat_touched; /* an attempt went on in the kept chat */
	struct error error;
};

void relay_debug(const struct relay *r, const char *step, const char *detail);

/* Listens to the stream: encodes, folds, and records the end. */
bool relay_on_event(void *ctx, const struct chat_event *event);

/*
 * An answer that is kept, of which there is a stream log: it is told each
 * event, writes them now and then, and all of them with `record`.
 */
void relay_keep(struct relay *r);
void relay_log(struct relay *r, const struct chat_event *event);
void relay_log_write(struct relay *r);

/* The client has left (an http_watch's `left`): whether to go on. */
bool relay_left(void *ctx);

/* Whether to go on still, without it or against a wish to cancel. */
bool relay_wanted(struct relay *r, int64_t now);

/* A request in the background is answered before it is answered. */
bool relay_accept(struct relay *r);

/*
 * Takes the conversation, after the turn before it if there is one, and makes
 * the request complete in itself: what is stored, then what is new.
 */
bool relay_take_turn(struct relay *r);
bool relay_join_history(struct relay *r);

/* What is for this answer only: instructions, and what does not fit. */
void relay_make_prompt(struct relay *r);

/*
 * One credential after the other, until one brings the whole answer. False
 * with the truest error when none did.
 */
bool relay_attempt(struct relay *r);

/* Where the conversation goes on at Kimi: not in a chat that holds other
 * messages than are stored. */
struct chat_bookmark relay_place(const struct relay *r);

/* The chat that the conversation leaves behind at Kimi. */
void relay_note_abandoned(struct relay *r, bool done);

#endif
