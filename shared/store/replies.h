/* SPDX-License-Identifier: MIT */
#ifndef STORE_REPLIES_H
#define STORE_REPLIES_H

#include "store/store.h"

/*
 * Deletes the reply to a request that was neither stored for its client nor in a
 * conversation: the client has only the request's id. ERROR_NOT_FOUND if the
 * API key has no such request, or nothing is left of it; ERROR_BUSY while it
 * runs.
 */
bool store_reply_delete(struct store *s, const char *key, const char *request,
			struct error *e);

#endif
