/* SPDX-License-Identifier: MIT */
#ifndef STORE_MESSAGES_H
#define STORE_MESSAGES_H

#include "base/arena.h"
#include "base/error.h"
#include "chat/chat.h"
#include "store/store.h"

/*
 * The message with that uid, in any conversation or stored response of the API
 * key. ERROR_NOT_FOUND if there is none.
 */
bool store_message_find(struct store *s, const char *key, const char *uid,
			struct chat_message *m, struct arena *a,
			struct error *e);

#endif
