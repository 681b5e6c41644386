/* SPDX-License-Identifier: MIT */
#ifndef STORE_MESSAGE_ROWS_INTERNAL_H
#define STORE_MESSAGE_ROWS_INTERNAL_H

#include "chat/chat.h"
#include "store/db_internal.h"

/* Private to the store: rows of the table `messages`. */

struct message_row {
	int64_t request;      /* 0: none, but a conversation */
	int64_t conversation; /* 0: none */
	int64_t at_ms;
	bool reply;	 /* of that request */
	const char *uid; /* NULL: nobody can ask for it */
	const char *key; /* of a reply with reasoning (chat/reply_key.h) */
	const struct chat_message *message;
	int64_t api_key; /* the row of that which keeps it */
};

bool message_rows_add(struct db *db, const struct message_row *row,
		      struct arena *a, struct error *e);

/* Replaces the message's content; its id, uid and owner stay, and the key while
 * it has reasoning. `*size` is what it counts now (space_internal.h). */
bool message_rows_replace(struct db *db, int64_t id,
			  const struct chat_message *m, int64_t *size,
			  struct arena *a, struct error *e);

struct message_list {
	struct chat_message *messages;
	int64_t *ids; /* of their rows */
	size_t n, room;
	const struct chat_message *reply; /* NULL: none of them is one */
};

/* Reads all rows of an open statement on the view message_details, and ends
 * the statement. */
bool message_rows_read(struct query *q, struct message_list *l, struct arena *a,
		       struct error *e);

/* The same for a statement whose one parameter is `id`. */
bool message_rows_load(struct db *db, enum db_statement which, int64_t id,
		       struct message_list *l, struct arena *a,
		       struct error *e);

#endif
