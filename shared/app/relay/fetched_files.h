/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_FETCHED_FILES_H
#define APP_RELAY_FETCHED_FILES_H

#include "app/exchange.h"
#include "chat/file.h"

/* What was fetched for one request: each URL once. Begins as { 0 }. */
struct fetched_files {
	struct fetched_file *first;
	size_t n;
};

/*
 * The file at a URL that the client named, kept in a temporary file until the
 * request ends. NULL with ERROR_VALUE when KIMI_FETCH does not allow it or it
 * cannot be had, ERROR_CLIENT_GONE and the like when the client has left.
 */
const struct chat_file *fetched_files_get(struct fetched_files *all,
					  struct exchange *x, const char *url,
					  struct error *e);

#endif
