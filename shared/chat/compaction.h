/* SPDX-License-Identifier: MIT */
#ifndef CHAT_COMPACTION_H
#define CHAT_COMPACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "chat/chat.h"

/*
 * Compaction: a summary takes the place of a conversation that has grown long.
 * In the conversation it is a reply (chat_message.compacts), and everything
 * before it stays; what Kimi gets begins with it.
 */

/*
 * Makes the request what Kimi gets. Of what precedes the last summary only
 * system messages and what chat_compaction_kept names remain; the summary
 * becomes a message of the user that says what it is. If the request asks for a
 * summary, so does its last message, and no tool can be called. True if that
 * changed anything.
 */
bool chat_compaction_apply(struct chat_request *q, struct arena *a);

/* Of messages that are summarized, those that stay beside their summary: the
 * user's latest, as they were, up to some length. Their number; `kept` has room
 * for n. */
size_t chat_compaction_kept(const struct chat_message *messages, size_t n,
			    struct chat_message *kept);

/* Whether the reply is a summary: whole, and not empty. */
struct chat_reply;
bool chat_compaction_done(const struct chat_reply *reply);

#endif
