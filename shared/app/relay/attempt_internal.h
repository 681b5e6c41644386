/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_ATTEMPT_INTERNAL_H
#define APP_RELAY_ATTEMPT_INTERNAL_H

#include <stdatomic.h>

#include "app/relay/job_internal.h"
#include "app/relay/made_chats_internal.h"
#include "chat/history.h"
#include "chat/stream.h"
#include "store/turns.h"

/* What the choices of a request know of each other, while each gets its reply
 * by itself. */
struct attempt_peers {
	atomic_uint running; /* without those that wait for one to end */
	atomic_uint ended;
	atomic_uint slots; /* that they hold together */
};

/*
 * Private to the relay: gets a reply from Kimi. Tries one credential after
 * another, waits for a slot if the service allows only so many requests at
 * once, and tries again after temporary faults: four requests to Kimi may fail,
 * two of each choice if there are several, and all within a time. There are no
 * more tries after the first content, since the client then has part of this
 * reply. One of several choices waits for the others rather than failing
 * because of them.
 */
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

	struct attempt_peers *peers; /* NULL: there are none */

	/* Filled when a try fails. A listener that stops the stream for a
	 * reason of its own fills it, too. */
	struct error *error;
};

/* Runs until one credential has delivered the whole reply. False, with the
 * error that takes precedence, if none does. */
bool attempt_run(struct attempt *t);

/* Renews the slot; due whenever the request's row is renewed. */
void attempt_renew_slot(const struct attempt *t);

/* Gives back the slot of a reply that is whole, or has failed. */
void attempt_release_slot(struct attempt *t);

/* Where the conversation may be continued at Kimi: nowhere if the chat's
 * messages differ from the stored ones. */
struct chat_bookmark attempt_bookmark(const struct attempt *t);

#endif
