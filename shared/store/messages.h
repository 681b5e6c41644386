/* SPDX-License-Identifier: MIT */
#ifndef STORE_MESSAGES_H
#define STORE_MESSAGES_H

#include "chat/chat.h"
#include "chat/reply.h"
#include "store/db.h"

/* Inside of the store: rows of the table `messages`. */

struct message_row {
	int64_t request;
	int64_t conversation; /* 0: none */
	int64_t at_ms;
	const struct chat_message *message;
	const struct chat_reply *reply; /* for its citations; may be NULL */
};

bool messages_add(struct db *db, const struct message_row *row, struct arena *a,
		  struct error *e);

/* All of a conversation in order, and their row ids beside them. */
bool messages_load(struct db *db, int64_t conversation, struct arena *a,
		   struct chat_message **messages, int64_t **ids, size_t *n,
		   struct error *e);

#endif
