/* SPDX-License-Identifier: MIT */
#ifndef STORE_CONVERSATIONS_H
#define STORE_CONVERSATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "chat/chat.h"
#include "store/files.h"
#include "store/store.h"

/* Of the names that store_conversation_add is given: no turn begins one. */
#define STORE_CONVERSATION_PREFIX "conv_"

/*
 * Conversations as things of their own; turns.h has them as what turns happen
 * in. They belong to the key that began them and go by the name it gave.
 * While a turn runs, what they hold is not changed: ERROR_BUSY. One that is
 * gone by the time it is read or changed is ERROR_NOT_FOUND.
 */
struct store_conversation {
	int64_t row, key_row;
	const char *name;
	const char *metadata; /* a JSON object, "{}" if none */
	int64_t created_ms;   /* wall clock */

	/* Where it stands at Kimi, by whose credential (fingerprint); a change
	 * leaves that chat behind. NULL: nowhere. */
	const char *chat, *credential;
};

/* A new one. ERROR_VALUE when the name is taken. `metadata` may be NULL. */
bool store_conversation_add(struct store *s, const struct store_owner *owner,
			    const char *name, const char *metadata,
			    struct store_conversation *c, struct arena *a,
			    struct error *e);

/* ERROR_NOT_FOUND when the key has none of that name. */
bool store_conversation_find(struct store *s, const char *key, const char *name,
			     struct store_conversation *c, struct arena *a,
			     struct error *e);

/* Replaces the metadata; NULL empties it. */
bool store_conversation_describe(struct store *s,
				 const struct store_conversation *c,
				 const char *metadata, struct error *e);

/*
 * Takes it and all that was said in it, the answers that were kept there and
 * their stream logs included; usage stays.
 */
bool store_conversation_delete(struct store *s,
			       const struct store_conversation *c,
			       struct error *e);

/* What it holds, in order, each with its uid. */
bool store_conversation_messages(struct store *s,
				 const struct store_conversation *c,
				 struct chat_message **messages, size_t *n,
				 struct arena *a, struct error *e);

/* Puts messages at its end, all or none, and gives them uids. */
bool store_conversation_append(struct store *s,
			       const struct store_conversation *c,
			       struct chat_message *messages, size_t n,
			       struct arena *a, struct error *e);

/* What makes another message of one. */
struct store_change {
	struct chat_message (*make)(void *ctx, const struct chat_message *m);
	void *ctx;
};

/*
 * Puts what `change` makes of it in the place of the message with that uid:
 * what an item was taken from. It gets the message as it stands at that time,
 * so that of two changes at once none undoes the other. No parts, no calls and
 * no reasoning: the message goes. Kept answers that hold the same message
 * change with it, and lose their stream logs. ERROR_NOT_FOUND when the
 * conversation has no such message.
 */
bool store_conversation_change(struct store *s,
			       const struct store_conversation *c,
			       const char *uid,
			       const struct store_change *change,
			       struct arena *a, struct error *e);

/* A message of that uid which the key said or was told, wherever it stands.
 * ERROR_NOT_FOUND. */
bool store_message_find(struct store *s, const char *key, const char *uid,
			struct chat_message *m, struct arena *a,
			struct error *e);

#endif
