/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CLEANUP_H
#define APP_RELAY_CLEANUP_H

#include "app/auth.h"
#include "app/exchange.h"

/*
 * Chats made at Kimi that nobody will go on with: those of stateless
 * requests, of failed attempts, and those a conversation moved away from. And
 * documents that came along with a request of which nothing is to stay.
 */
struct leftovers {
	struct leftover *first;
	struct leftover_file *files;
};

/* Notes one; `credential` and `chat` live as long as the arena. */
void leftovers_add(struct leftovers *l, struct arena *a,
		   const struct credential *credential, const char *chat);

/* The same of a file, by the hash of its bytes. */
void leftovers_add_file(struct leftovers *l, struct arena *a, const char *hash);

/* Deletes the chats at Kimi, after the client has its answer. What stays there
 * is logged. */
void leftovers_discard(const struct leftovers *l, struct exchange *x,
		       struct store *store);

/* Deletes the files where that can be asked for, with all credentials of the
 * caller, likewise. */
void leftovers_forget(const struct leftovers *l, struct exchange *x,
		      const struct caller *caller, struct store *store);

#endif
