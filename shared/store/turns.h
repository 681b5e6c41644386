/* SPDX-License-Identifier: MIT */
#ifndef STORE_TURNS_H
#define STORE_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "chat/chat.h"
#include "chat/history.h"
#include "chat/reply.h"
#include "store/store.h"

/* How long a running request holds its conversation without renewing. */
#define TURN_LEASE_MS 25000
#define TURN_RENEW_MS 8000

/* How an answer is kept for its client to ask for again. */
struct store_options {
	const char *id;	      /* "resp_…", "chatcmpl-…" */
	const char *settings; /* the request without its input, JSON */
	const char *metadata; /* a JSON object; NULL: none */
	bool background;
};

/* A request being answered, and what it goes on from. */
struct store_turn {
	const char *request; /* x-request-id */
	const char *key_fingerprint, *key_label;
	const char *conversation;	  /* the client's id; NULL: stateless */
	const char *previous;		  /* id of a kept answer; NULL: none */
	const struct store_options *keep; /* NULL: is not asked for again */
	bool ephemeral;			  /* no text of it stays; nor a keep */
	const char *dialect, *model;
	bool stream;
	int64_t started_ms; /* wall clock */

	/* Filled by store_turn_open. */
	int64_t row, key_row, conversation_row, previous_row;
	struct chat_message *messages; /* what was said before */
	int64_t *message_ids;
	size_t n_messages;
	struct chat_bookmark bookmark;
	const char *credential; /* fingerprint the bookmark is of */
	bool input_kept;
};

/*
 * Records the request as running, takes its conversation and loads what that
 * holds, or what stands before and in the answer it goes on from, in one
 * transaction. ERROR_NOT_FOUND when a conversation of that prefix is not there,
 * ERROR_BUSY when another turn runs on the conversation,
 * ERROR_PREVIOUS when the key has no such answer or it is not done. With both
 * given the conversation is what it goes on from. Of answers before it that
 * were deleted nothing is loaded, but what stands before them is.
 */
bool store_turn_open(struct store *s, struct store_turn *t, struct arena *a,
		     struct error *e);

/*
 * Loads the messages that the turn would go on from, and takes nothing. None
 * when nobody ever used the conversation; ERROR_PREVIOUS as above.
 */
bool store_turn_read(struct store *s, struct store_turn *t, struct arena *a,
		     struct error *e);

/*
 * Keeps the conversation; due every TURN_RENEW_MS. ERROR_CLIENT_GONE when the
 * answer was cancelled (stored_response_cancel): the turn is still held, and to
 * be closed as STORE_CANCELLED soon. ERROR_SETUP when it was taken for dead:
 * nothing more can be recorded of it.
 */
bool store_turn_renew(struct store *s, const struct store_turn *t,
		      struct error *e);

/*
 * Keeps what the client said, from message `first` on, before there is an
 * answer: for one that may be asked for while it runs. Needs an open turn.
 */
bool store_turn_store_input(struct store *s, struct store_turn *t,
			    const struct chat_request *request, size_t first,
			    struct arena *a, struct error *e);

enum store_status { STORE_DONE, STORE_FAILED, STORE_CANCELLED };

struct store_outcome {
	enum store_status status;
	int http_status;
	const char *credential_label;
	const struct chat_reply *reply; /* also a partial one */
	const char *uid;    /* of its message: 24 of [A-Za-z0-9], no other's;
			     * NULL: is made */
	const char *events; /* the end of its stream log; NULL: has none */
	struct chat_usage usage;
	int64_t first_token_ms, duration_ms; /* first: -1 if none came */
	const struct error *error;	     /* unless done */

	/* The chat kept at Kimi may hold some of it: unless done, and of a
	 * traceless turn in any case, it is not gone on with. */
	bool chat_touched;

	/* How the conversation goes on. What is not done joins none, but of
	 * one that is kept the input is, too; NULL: there is none. */
	const struct chat_request *request;
	struct chat_history history;
	struct chat_bookmark bookmark;
	const char *credential; /* its fingerprint */

	int64_t lease; /* given back with it; 0: none */
};

/*
 * Records answer, usage, counters and what is new in the conversation in one
 * transaction; of a traceless turn, or one whose answer was deleted after it
 * was cancelled, usage and counters only. A turn that was not opened gets its
 * row now. One that was cancelled is recorded as that; if it was done, the
 * call tells so by ERROR_CLIENT_GONE.
 */
bool store_turn_close(struct store *s, struct store_turn *t,
		      const struct store_outcome *o, struct arena *a,
		      struct error *e);

#endif
