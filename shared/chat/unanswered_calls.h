/* SPDX-License-Identifier: MIT */
#ifndef CHAT_UNANSWERED_CALLS_H
#define CHAT_UNANSWERED_CALLS_H

#include <stddef.h>

#include "base/arena.h"
#include "chat/chat.h"

/*
 * Puts the results of tools right behind the calls they answer, and an empty
 * one where a call has none (a turn that was cut off): Kimi refuses calls
 * that dangle. To be done when nothing of the conversation is missing.
 */
void chat_unanswered_calls_fill(struct arena *a,
				const struct chat_message **messages,
				size_t *n);

#endif
