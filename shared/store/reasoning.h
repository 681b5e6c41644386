/* SPDX-License-Identifier: MIT */
#ifndef STORE_REASONING_H
#define STORE_REASONING_H

#include "base/arena.h"
#include "chat/chat.h"
#include "store/store.h"

/*
 * Clients send replies back without their reasoning. Puts it back into those
 * that are stored and were given to the same API key.
 */
bool store_reasoning_fill(struct store *s, const char *key_fingerprint,
			  struct chat_message *messages, size_t n,
			  struct arena *a, struct error *e);

#endif
