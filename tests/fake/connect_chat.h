/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CONNECT_CHAT_H
#define FAKE_CONNECT_CHAT_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct connect_thread;
struct fake;

#define CONNECT_CHAT_BUCKETS 1024
#define CONNECT_ID 37 /* with its NUL */

struct connect_chats {
	struct connect_thread *buckets[CONNECT_CHAT_BUCKETS];
	unsigned long opened;
};

/* Where a user message was put, and where its answer will be. */
struct connect_place {
	char chat[CONNECT_ID], user[CONNECT_ID], assistant[CONNECT_ID];
	bool is_new; /* the chat */
};

enum connect_said { SAID_WELL, SAID_NO_CHAT, SAID_NO_PARENT };

/* A user message and where it goes. */
struct connect_post {
	const char *chat;   /* NULL: a new one */
	const char *parent; /* an assistant message of the chat, if not the
			     * last then it begins a branch; or the chat */
	const char *message;
};

/* Adds the user message and its reply, still empty. `told` receives the user
 * messages that lead to it. */
enum connect_said connect_chat_say(struct fake *fake, const char *owner,
				   const struct connect_post *post,
				   struct connect_place *place,
				   struct text *told);
/* Sets the text of the reply, unless the chat is gone. */
void connect_chat_reply(struct fake *fake, const struct connect_place *place,
			const char *answer);
/* These are false if the user has no such chat. */
bool connect_chat_delete(struct fake *fake, const char *owner, const char *id);
/* Members of a JSON array, newest first. */
bool connect_chat_messages(struct fake *fake, const char *owner, const char *id,
			   size_t most, struct text *json);
/* The same for chats, from that index on; returns the next index, or 0. */
size_t connect_chat_list(struct fake *fake, const char *owner, size_t from,
			 size_t most, struct text *json);
/* All ids as members of a JSON array, `comma` before the first. */
void connect_chats_ids(struct fake *fake, const char *comma, struct text *json);
/* Under the lock. */
void connect_chats_clear(struct connect_chats *chats);

#endif
