/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_MADE_CHATS_INTERNAL_H
#define APP_RELAY_MADE_CHATS_INTERNAL_H

#include <stdatomic.h>

#include "store/abandoned_chats.h"
#include "upstream/credential.h"

/*
 * Private to the relay: the chats that a request made at Kimi, by all its tries
 * and choices. They are noted in the database with the request's row, so that
 * they can be deleted whatever becomes of the request.
 */
struct made_chats {
	_Atomic(struct abandoned_chat *) newest;
	int wake_fd; /* an eventfd of the thread that notes them; -1: none */
};

/* Any thread that makes a choice may add one. */
void made_chats_add(struct made_chats *m, struct arena *a,
		    const struct credential *credential, const char *chat);

/* All, the newest first. */
struct abandoned_chat *made_chats_list(struct made_chats *m);

#endif
