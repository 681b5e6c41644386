/* SPDX-License-Identifier: MIT */
#ifndef CHAT_HISTORY_H
#define CHAT_HISTORY_H

#include <stddef.h>

#include "base/arena.h"
#include "chat/chat.h"

/*
 * How the messages of a turn are joined to those of the conversation. Clients
 * send either what is new, or the whole history again (as OpenAI clients do).
 */
struct chat_history {
	size_t kept;  /* stored messages that stay: [0..kept) */
	size_t fresh; /* sent messages that are new: [fresh..n) */
};

/*
 * - The sent messages begin with everything that is stored: the others are new.
 * - The sent messages agree with the stored ones up to the end of a reply, then
 *   differ: the client edited or retried; the remaining stored messages are
 *   replaced.
 * - The sent messages are a beginning of the stored ones that has a reply: the
 *   client retries. Everything after the last reply in it is new and replaces
 *   the remaining stored messages.
 * - If that holds except for system messages at the start: where the client
 *   sends none there (its dialect has another field for them), the stored ones
 *   stay; otherwise everything stored is replaced by what is sent.
 * - Otherwise the sent messages are new, except for system messages at the
 *   start that the conversation already starts with.
 * Messages are equal when role, text, images, calls and call id are; white
 * space around a text and reasoning (which clients drop) do not count.
 */
struct chat_history chat_history_join(const struct chat_message *stored,
				      size_t n_stored,
				      const struct chat_message *sent,
				      size_t n_sent, struct arena *a);

/* Joins them: the request's messages become the joined ones, returned in the
 * arena. With `appends`, all messages of the request are new. */
struct chat_message *chat_history_put(struct chat_history *h,
				      const struct chat_message *stored,
				      size_t n_stored, struct chat_request *q,
				      struct arena *a);

#endif
