/* SPDX-License-Identifier: MIT */
#ifndef STORE_INTERRUPTED_INTERNAL_H
#define STORE_INTERRUPTED_INTERNAL_H

#include "store/db_internal.h"

/*
 * Private to the store: closes requests that run no more, in a transaction that
 * writes: those that a killed process noted (running.h), and rows whose lease is
 * over, as their process was killed or stopped for too long. Each gets the one
 * row it would have had, with what is known of its reply and its usage. Nobody
 * knows what their chats at Kimi hold by now, so their conversations continue
 * in new chats.
 */
bool interrupted_close(struct db *db, struct error *e);

/* Once a second: it looks at all requests that run, which may be a thousand. */
bool interrupted_close_now_and_then(struct db *db, struct error *e);

#endif
