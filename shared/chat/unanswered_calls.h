/* SPDX-License-Identifier: MIT */
#ifndef CHAT_UNANSWERED_CALLS_H
#define CHAT_UNANSWERED_CALLS_H

#include <stddef.h>

#include "base/arena.h"
#include "chat/chat.h"

/*
 * Moves the results of tools right after their calls, and adds an empty one
 * where a call has none (a turn that was cut off), as Kimi refuses calls
 * without results. Several results of a call, as of a tool that reports while
 * it runs, become one, for Kimi refuses those, too. To be called once the conversation is complete.
 */
void chat_unanswered_calls_fill(struct arena *a,
				const struct chat_message **messages,
				size_t *n);

#endif
