/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_ABANDONED_CHAT_INTERNAL_H
#define APP_RELAY_ABANDONED_CHAT_INTERNAL_H

#include "app/relay/attempt_internal.h"

/*
 * Marks the conversation's chat at Kimi for cleanup if it cannot be continued:
 * because the reply (`done`) is in another chat, or because the chat may hold
 * a turn that failed.
 */
void abandoned_chat_note(const struct attempt *t, bool done);

#endif
