/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CLEANUP_H
#define APP_RELAY_CLEANUP_H

#include "app/auth.h"
#include "app/exchange.h"

/*
 * What a request leaves at Kimi that nobody needs any more: chats of stateless
 * requests, of failed tries, and those that a conversation moved away from;
 * documents of a request of which nothing may be stored.
 */
struct cleanup {
	struct cleanup_chat *chats;
	struct cleanup_file *files;
};

/* Marks a chat for deletion; all pointers live as long as the arena. */
void cleanup_add_chat(struct cleanup *c, struct arena *a,
		      const struct credential *credential, const char *chat);

/* Marks a file by the hash of its bytes, likewise. */
void cleanup_add_file(struct cleanup *c, struct arena *a, const char *hash);

/*
 * Marks the files in the request's messages from `first` on. Those that the
 * client has uploaded stay until it deletes them.
 */
void cleanup_add_files(struct cleanup *c, struct arena *a,
		       const struct chat_request *request, size_t first);

/* Deletes the chats at Kimi, once the client has its reply. What cannot be
 * deleted is logged. */
void cleanup_chats(const struct cleanup *c, struct exchange *x,
		   struct store *store);

/* Deletes the files likewise, with every credential of the caller whose
 * service can do that. */
void cleanup_files(const struct cleanup *c, struct exchange *x,
		   const struct caller *caller, struct store *store);

#endif
