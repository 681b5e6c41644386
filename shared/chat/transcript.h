/* SPDX-License-Identifier: MIT */
#ifndef CHAT_TRANSCRIPT_H
#define CHAT_TRANSCRIPT_H

#include "base/arena.h"
#include "chat/chat.h"

/*
 * Messages as one text, for a service that takes a single user message. One
 * lone user message is its own text; else each turn stands under its role.
 * Of other parts than texts the names are told there.
 */
const char *chat_transcript(const struct chat_message *messages, size_t n,
			    struct arena *a);

#endif
