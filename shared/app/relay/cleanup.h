/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CLEANUP_H
#define APP_RELAY_CLEANUP_H

#include "app/auth.h"
#include "app/exchange.h"

/* Documents of a request of which nothing may be stored. Chats that a request
 * leaves at Kimi are deleted by the sweeper (chat_sweeper.h). */
struct cleanup {
	struct cleanup_file *files;
};

/* Marks a file by the hash of its bytes, which lives as long as the arena. */
void cleanup_add_file(struct cleanup *c, struct arena *a, const char *hash);

/*
 * Marks the files in the request's messages from `first` on. Those that the
 * client has uploaded stay until it deletes them.
 */
void cleanup_add_files(struct cleanup *c, struct arena *a,
		       const struct chat_request *request, size_t first);

/* Deletes the files, once the client has its reply, with every credential of the
 * caller whose service can do that. What cannot be deleted is logged. */
void cleanup_files(const struct cleanup *c, struct exchange *x,
		   const struct caller *caller, struct store *store);

#endif
