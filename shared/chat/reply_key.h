/* SPDX-License-Identifier: MIT */
#ifndef CHAT_REPLY_KEY_H
#define CHAT_REPLY_KEY_H

#include "base/arena.h"
#include "chat/chat.h"

/*
 * By what an answer is recognised when a client sends it back: the id of its
 * first call, which no other answer has, or else the SHA-256 of its text
 * without white space around it. NULL for an answer without either.
 */
const char *chat_replay_key(const struct chat_message *m, struct arena *a);

#endif
