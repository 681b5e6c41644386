/* SPDX-License-Identifier: MIT */
#ifndef CHAT_TRANSCRIPT_H
#define CHAT_TRANSCRIPT_H

#include "base/arena.h"
#include "chat/chat.h"

/*
 * Messages as one text, for a service that takes a single user message. A
 * single user message is just its text; otherwise each turn is headed by its
 * role, and parts other than texts appear by name.
 */
const char *chat_transcript(const struct chat_message *messages, size_t n,
			    struct arena *a);

#endif
