/* SPDX-License-Identifier: MIT */
#ifndef STORE_TURNS_H
#define STORE_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "chat/chat.h"
#include "store/abandoned_chats.h"
#include "store/limits.h"
#include "store/store.h"
#include "store/turn_lock.h"

/*
 * How a reply is stored, so that its client can ask for it again as a stored
 * response (stored_responses.h).
 */
struct store_as {
	const char *id;	      /* "resp_…", "chatcmpl-…" */
	const char *kind;     /* "response", "chat_completion": for lists */
	const char *settings; /* the request without its input, JSON */
	const char *metadata; /* a JSON object; NULL: none */
	bool background;
};

/* A request being answered, and what was said before it. */
struct store_turn {
	const char *request; /* x-request-id */
	struct store_owner owner;
	const char *conversation; /* the client's name; NULL: stateless */
	const char *previous;	  /* a stored response's id; NULL: none */
	const struct store_as *store_as; /* NULL: cannot be asked for again */
	bool ephemeral; /* none of its text is stored; store_as is NULL */
	const char *dialect, *model;
	bool stream;
	int64_t started_ms;		   /* wall clock */
	struct store_admission *admission; /* NULL: its key has no limits */

	/* What it made at Kimi so far, to be deleted unless the conversation
	 * continues there. Newest first. */
	struct abandoned_chat *chats;

	/* Filled when it is opened (turn_open.h). */
	int64_t row, key_row, conversation_row, previous_row;
	struct chat_message *messages; /* what was said before */
	int64_t *message_ids;
	size_t n_messages;
	struct chat_bookmark bookmark;
	const char *credential; /* fingerprint the bookmark belongs to */
	bool input_stored;
};

/*
 * Renews the lease of an open turn; due every TURN_RENEW_MS. ERROR_CLIENT_GONE
 * if the response was cancelled (stored_response_cancel): the turn still has
 * its conversation, and is to be closed as STORE_CANCELLED soon. ERROR_SETUP if
 * the lease expired and another process gave the turn up: nothing more can be
 * recorded of it.
 */
bool store_turn_renew(struct store *s, const struct store_turn *t,
		      struct error *e);

/*
 * Stores what the client said, from message `first` on, before there is a
 * reply: for a response that can be asked for while it runs. The turn must be
 * open.
 */
bool store_turn_store_input(struct store *s, struct store_turn *t,
			    const struct chat_request *request, size_t first,
			    struct arena *a, struct error *e);

#endif
