/* SPDX-License-Identifier: MIT */
#ifndef CHAT_REPLY_KEY_H
#define CHAT_REPLY_KEY_H

#include "base/arena.h"
#include "chat/chat.h"

/*
 * The key by which a reply is recognised when a client sends it back: the id of
 * its first call, which is unique, or else the SHA-256 of its text without
 * surrounding white space. NULL for a reply with neither.
 */
const char *chat_reply_key(const struct chat_message *m, struct arena *a);

#endif
