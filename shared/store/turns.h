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
struct store_keep {
	const char *id;	      /* "resp_…", "chatcmpl-…" */
	const char *settings; /* the request without its input, JSON */
	const char *metadata; /* a JSON object; NULL: none */
	bool background;
};

/* A request being answered, and what it goes on from. */
struct store_turn {
	const char *request; /* x-request-id */
	const char *key_fingerprint, *key_label;
	const char *conversation;      /* the client's id; NULL: stateless */
	const char *previous;	       /* id of a kept answer; NULL: none */
	const struct store_keep *keep; /* NULL: is not asked for again */
	bool traceless;		       /* no text of it stays behind */
	const char *dialect, *model;
	bool stream;
	int64_t started_ms; /* wall clock */

	/* Filled by store_turn_open. */
	int64_t row, key_row, conversation_row;
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
 * transaction. ERROR_BUSY when another turn runs on the conversation,
 * ERROR_PREVIOUS when the key has no such answer.
 */
bool store_turn_open(struct store *s, struct store_turn *t, struct arena *a,
		     struct error *e);

/* Keeps the conversation; due every TURN_RENEW_MS. */
bool store_turn_renew(struct store *s, const struct store_turn *t,
		      struct error *e);

/*
 * Keeps what the client said, from message `first` on, before there is an
 * answer: for one that may be asked for while it runs. Needs an open turn.
 */
bool store_turn_keep_input(struct store *s, struct store_turn *t,
			   const struct chat_request *request, size_t first,
			   struct arena *a, struct error *e);

enum store_status { STORE_DONE, STORE_FAILED, STORE_CANCELLED };

struct store_outcome {
	enum store_status status;
	int http_status;
	const char *credential_label;
	const struct chat_reply *reply; /* also a partial one */
	const char *uid;    /* of its message: 24 of [A-Za-z0-9], no other's */
	const char *events; /* the end of its stream log; NULL: has none */
	struct chat_usage usage;
	int64_t first_token_ms, duration_ms; /* first: -1 if none came */
	const struct error *error;	     /* unless done */

	/* Not done, but the chat kept at Kimi may hold some of it: it is not
	 * gone on with. */
	bool chat_touched;

	/* How the conversation goes on; only when done. */
	const struct chat_request *request;
	struct chat_history history;
	struct chat_bookmark bookmark;
	const char *credential; /* its fingerprint */

	int64_t lease; /* given back with it; 0: none */
};

/*
 * Records answer, usage, counters and what is new in the conversation in one
 * transaction; of a traceless turn usage and counters only. A turn that was
 * not opened gets its row now.
 */
bool store_turn_close(struct store *s, struct store_turn *t,
		      const struct store_outcome *o, struct arena *a,
		      struct error *e);

#endif
