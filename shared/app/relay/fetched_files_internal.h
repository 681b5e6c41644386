/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_FETCHED_FILES_INTERNAL_H
#define APP_RELAY_FETCHED_FILES_INTERNAL_H

#include "app/exchange.h"
#include "chat/file.h"

/* Files fetched for one request, each URL once. Starts as { 0 }. */
struct fetched_files {
	struct fetched_file *first;
	size_t n;
};

/*
 * The file at an https URL that the client sent; its bytes are in a temporary
 * file until the request ends. NULL with ERROR_VALUE when KIMI_FETCH is off or
 * the file cannot be fetched, with ERROR_CLIENT_GONE when the client has left.
 */
const struct chat_file *fetched_files_get(struct fetched_files *all,
					  struct exchange *x, const char *url,
					  struct error *e);

#endif
