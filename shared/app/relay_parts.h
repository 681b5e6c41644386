/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_PARTS_H
#define APP_RELAY_PARTS_H

#include "app/auth.h"
#include "app/exchange.h"
#include "app/leftovers.h"
#include "chat/history.h"
#include "chat/reply.h"
#include "chat/stream.h"
#include "store/turns.h"
#include "upstream/model.h"

/* Inside of the relay: one chat request on its way. */
struct relay {
	struct exchange *x;
	const struct caller *caller;
	struct chat_request *request;
	const struct chat_message *told; /* its messages, files by name only */
	struct model model;
	struct store *store;
	struct store_turn turn;
	struct chat_history history;
	struct chat_stream stream;
	struct chat_reply reply;
	struct encoder *encoder; /* NULL: the answer is not streamed */
	struct dialect_answer answer;
	struct http_watch watch;
	const struct credential *credential; /* being tried, or tried last */
	int64_t lease;			     /* of it; 0: none needed */
	struct leftovers leftovers;
	int64_t last_sent_ms, first_token_ms;
	int64_t renew_ms; /* never, before relay_take_turn: it opens the row */
	bool recorded;
	bool chat_touched; /* an attempt went on in the kept chat */
	struct error error;
};

void relay_debug(const struct relay *r, const char *step, const char *detail);

/* Listens to the stream: encodes, folds, and records the end. */
bool relay_on_event(void *ctx, const struct chat_event *event);

/*
 * Takes the conversation, after the turn before it if there is one, and makes
 * the request complete in itself: what is stored, then what is new.
 */
bool relay_take_turn(struct relay *r);
bool relay_join_history(struct relay *r);

/*
 * One credential after the other, until one brings the whole answer. False
 * with the truest error when none did.
 */
bool relay_attempt(struct relay *r);

/* The chat that the conversation leaves behind at Kimi. */
void relay_note_abandoned(struct relay *r, bool done);

#endif
