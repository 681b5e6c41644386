/* SPDX-License-Identifier: MIT */
#ifndef APP_LEFTOVERS_H
#define APP_LEFTOVERS_H

#include "app/exchange.h"

/*
 * Chats made at Kimi that nobody will go on with: those of stateless
 * requests, of failed attempts, and those a conversation moved away from.
 */
struct leftovers {
	struct leftover *first;
};

/* Notes one; `credential` and `chat` live as long as the arena. */
void leftovers_add(struct leftovers *l, struct arena *a,
		   const struct credential *credential, const char *chat);

/* Deletes them at Kimi, after the client has its answer. What stays there is
 * logged. */
void leftovers_discard(const struct leftovers *l, struct exchange *x,
		       struct store *store);

#endif
