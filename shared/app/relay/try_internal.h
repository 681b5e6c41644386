/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_TRY_INTERNAL_H
#define APP_RELAY_TRY_INTERNAL_H

#include "app/relay/job_internal.h"
#include "app/relay/made_chats_internal.h"
#include "chat/history.h"
#include "chat/stream.h"
#include "store/attempts.h"
#include "store/turns.h"
#include "upstream/upstream.h"

struct attempt_peers;

/* Private to the relay: what one choice's reply is got with, by one try after
 * another. */
struct attempt {
	const struct job *job;
	struct chat_stream *stream; /* starts over with each try */
	const struct store_turn *turn;
	const struct chat_history *history;
	struct made_chats *made;	     /* of the request */
	const struct credential *credential; /* the current one, or the last */
	/* Whose error the client gets; the same unless several failed. */
	const struct credential *failed;
	unsigned chances;  /* requests to Kimi that may still fail */
	int64_t slot;	   /* in the store; 0: none is needed */
	bool chat_touched; /* a try continued the conversation's chat */
	struct upstream_asked asked; /* by the last try */
	int64_t queued_ms; /* clock_ms: since when the next one waits; or 0 */
	unsigned choice;
	struct store_attempt *tries; /* so far, the newest first */

	struct attempt_peers *peers; /* NULL: there are none */

	/* Filled when a try fails. A listener that stops the stream for a
	 * reason of its own fills it, too. */
	struct error *error;
};

/*
 * Tries t->credential once, whose slot the attempt has. An access token that
 * Kimi refuses is renewed, and where the conversation's chat is gone a new one
 * is begun. False with t->error filled.
 */
bool try_credential(struct attempt *t);

/* The reply begins: from now on it may take any time. */
void try_begun(struct attempt *t);

/* The reply is whole. */
void try_done(struct attempt *t);

#endif
