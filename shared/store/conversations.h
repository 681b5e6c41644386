/* SPDX-License-Identifier: MIT */
#ifndef STORE_CONVERSATIONS_H
#define STORE_CONVERSATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "chat/chat.h"
#include "store/store.h"

/* Names given to store_conversation_add begin with it; a turn does not create a
 * conversation with such a name. */
#define STORE_CONVERSATION_PREFIX "conv_"

/*
 * Conversations that clients create, read, change and delete; turn_open.h has
 * the turns that happen in them. A conversation belongs to the API key that
 * began it, and goes by the name that this key gave it.
 *
 * While a turn runs in it, its messages cannot be changed and it cannot be
 * deleted: ERROR_BUSY. One that was deleted in the meantime is ERROR_NOT_FOUND.
 */
struct store_conversation {
	int64_t row, key_row;
	const char *name;
	const char *metadata; /* a JSON object, "{}" if there is none */
	int64_t created_ms;   /* wall clock */

	/* Its chat at Kimi and the credential (fingerprint) that owns it; NULL
	 * if there is none. A change abandons that chat. */
	const char *chat, *credential;
};

/* Adds `c`, whose name and metadata (may be NULL) are given; the other members
 * are filled in. ERROR_VALUE if the key has a conversation of that name. */
bool store_conversation_add(struct store *s, const struct store_owner *owner,
			    struct store_conversation *c, struct arena *a,
			    struct error *e);

/* ERROR_NOT_FOUND if the key has none of that name. */
bool store_conversation_find(struct store *s, const char *key, const char *name,
			     struct store_conversation *c, struct arena *a,
			     struct error *e);

/* Replaces the metadata; NULL empties it. */
bool store_conversation_set_metadata(struct store *s,
				     const struct store_conversation *c,
				     const char *metadata, struct error *e);

/*
 * Deletes it and everything that was said in it, stored responses and their
 * stream logs included. Usage stays.
 */
bool store_conversation_delete(struct store *s,
			       const struct store_conversation *c,
			       struct error *e);

/* Its messages in order, each with its uid. */
bool store_conversation_messages(struct store *s,
				 const struct store_conversation *c,
				 struct chat_message **messages, size_t *n,
				 struct arena *a, struct error *e);

/* Appends messages, all or none, and gives them uids. */
bool store_conversation_append(struct store *s,
			       const struct store_conversation *c,
			       struct chat_message *messages, size_t n,
			       struct arena *a, struct error *e);

/* Makes the new message from the current one. */
struct store_change {
	struct chat_message (*make)(void *ctx, const struct chat_message *m);
	void *ctx;
};

/*
 * Replaces the message with that uid by what `change` makes of it, in one
 * transaction, so that two concurrent changes do not undo each other. A message
 * without parts, calls and reasoning is deleted. Stored responses that hold the
 * message change with it, and lose their stream logs. ERROR_NOT_FOUND if the
 * conversation has no such message.
 */
bool store_conversation_change(struct store *s,
			       const struct store_conversation *c,
			       const char *uid,
			       const struct store_change *change,
			       struct arena *a, struct error *e);

#endif
