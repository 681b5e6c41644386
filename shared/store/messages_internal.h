/* SPDX-License-Identifier: MIT */
#ifndef STORE_MESSAGES_INTERNAL_H
#define STORE_MESSAGES_INTERNAL_H

#include "chat/chat.h"
#include "store/db.h"

/* Inside of the store: rows of the table `messages`. */

struct message_row {
	int64_t request;      /* 0: none, but a conversation */
	int64_t conversation; /* 0: none */
	int64_t at_ms;
	bool answer;	 /* of that request */
	const char *uid; /* NULL: nobody can ask for it */
	const struct chat_message *message;
};

bool messages_add(struct db *db, const struct message_row *row, struct arena *a,
		  struct error *e);

/* Everything but its place, its uid and whose it is. */
bool messages_replace(struct db *db, int64_t id, const struct chat_message *m,
		      struct arena *a, struct error *e);

struct message_list {
	struct chat_message *messages;
	int64_t *ids; /* of their rows */
	size_t n, room;
	const struct chat_message *answer; /* NULL: none of them is one */
};

/* All rows of an open statement that gives them, which is ended. */
bool messages_read(struct query *q, struct message_list *l, struct arena *a,
		   struct error *e);

/* Those that a statement gives for an id, in order. */
bool messages_load(struct db *db, enum db_statement which, int64_t id,
		   struct message_list *l, struct arena *a, struct error *e);

#endif
