/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_ATTEMPT_INTERNAL_H
#define APP_RELAY_ATTEMPT_INTERNAL_H

#include "app/relay/cleanup.h"
#include "app/relay/job_internal.h"
#include "chat/history.h"
#include "chat/stream.h"
#include "store/turns.h"

/*
 * Private to the relay: gets a reply from Kimi. Tries one credential after the
 * other, waits for a slot if the service allows only so many requests at once,
 * and tries again after temporary faults. All of that ends with the first
 * content, since from then on the client has part of this reply.
 */
struct attempt {
	const struct job *job;
	struct chat_stream *stream; /* starts over with each try */
	const struct store_turn *turn;
	const struct chat_history *history;
	struct cleanup *cleanup;
	const struct credential *credential; /* tried now, or last */
	int64_t slot;	   /* of it, in the store; 0: none is needed */
	bool differs;	   /* Kimi gets other messages than are stored */
	bool chat_touched; /* a try continued the conversation's chat */

	/* Filled when a try fails. A listener that stops the stream for a
	 * reason of its own fills it, too. */
	struct error *error;
};

/* Runs until one credential has brought the whole reply. False with the error
 * that takes precedence when none has. */
bool attempt_run(struct attempt *t);

/* The slot is renewed with the request's row. */
void attempt_renew_slot(const struct attempt *t);

/* Where the conversation may be continued at Kimi: nowhere if the chat has
 * other messages than are stored. */
struct chat_bookmark attempt_bookmark(const struct attempt *t);

/*
 * Marks the conversation's chat at Kimi for cleanup if it cannot be continued:
 * because the reply (`done`) is in another chat, or because the chat may hold
 * a turn that failed.
 */
void attempt_abandon_chat(const struct attempt *t, bool done);

#endif
