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
struct cleanup {
	struct cleanup_chat *first;
	struct cleanup_file *files;
};

/* Notes one; `credential` and `chat` live as long as the arena. */
void cleanup_add_chat(struct cleanup *l, struct arena *a,
		      const struct credential *credential, const char *chat);

/* The same of a file, by the hash of its bytes. */
void cleanup_add_file(struct cleanup *l, struct arena *a, const char *hash);

/* Deletes the chats at Kimi, after the client has its answer. What stays there
 * is logged. */
void cleanup_chats(const struct cleanup *l, struct exchange *x,
		   struct store *store);

/* Deletes the files where that can be asked for, with all credentials of the
 * caller, likewise. */
void cleanup_files(const struct cleanup *l, struct exchange *x,
		   const struct caller *caller, struct store *store);

#endif
