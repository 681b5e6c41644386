/* SPDX-License-Identifier: MIT */
#ifndef CHAT_REPLY_KEY_H
#define CHAT_REPLY_KEY_H

#include "base/arena.h"
#include "base/hash.h"
#include "chat/chat.h"

/*
 * The keys by which replies are recognised when a client sends them back, so
 * that their reasoning never gets into another conversation:
 *
 * - A reply with calls: the id of its first call that we made (call_id.h). Ids
 *   of others, such as call_0, are not unique.
 * - A reply with text alone: the SHA-256 of everything before it and of the
 *   text: the client's name for the user, the instructions, and role, name,
 *   text, media, calls and call id of each message. Of what is before a call
 *   that we made only the system messages count, as that id tells
 *   conversations apart: clients shorten and tidy up long ones.
 *
 * White space around a text and reasoning do not count, nor do tools.
 */
struct chat_reply_keys {
	const struct chat_request *request;
	struct arena *arena;

	bool begun;	   /* what follows is set */
	struct hash fixed; /* user, instructions, systems before `from` … */
	struct hash all;   /* … and the other messages that count */
	size_t from;	   /* those before it are in the hashes */
};

/* For a conversation of these messages, borrowed. */
void chat_reply_keys_init(struct chat_reply_keys *k,
			  const struct chat_request *request, struct arena *a);

/*
 * The key of a reply before which there are `before` of the messages, at least
 * as many as in the previous call. NULL for a reply that cannot be recognised:
 * without text, or with calls of which we made none.
 */
const char *chat_reply_key(struct chat_reply_keys *k, size_t before,
			   const struct chat_message *reply);

#endif
