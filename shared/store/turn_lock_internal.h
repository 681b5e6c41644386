/* SPDX-License-Identifier: MIT */
#ifndef STORE_TURN_LOCK_INTERNAL_H
#define STORE_TURN_LOCK_INTERNAL_H

#include "store/db_internal.h"

/* Private to the store: the lock that a running turn has on its conversation
 * (turn_lock.h). Rows are of the table `requests`. */

/* The errors of turns that recorded none. */
#define TURN_LOCK_INTERRUPTED                                                  \
	"The process that handled the request was killed, or stopped for too " \
	"long."
#define TURN_LOCK_UNRECORDED                                                   \
	"The request ended, but the database could not record how."
#define TURN_LOCK_WAS_CANCELLED "The response was cancelled."

/* ERROR_BUSY while a turn runs in the conversation. */
bool turn_lock_check(struct db *db, int64_t conversation, struct error *e);

/* Extends the lease, unless the turn of that row and request lost it: then
 * another process gave it up. */
bool turn_lock_renew(struct db *db, int64_t row, const char *request,
		     bool *held, struct error *e);

/* Always false: why a turn is given up. */
bool turn_lock_lost(struct error *e);
bool turn_lock_cancelled(struct error *e);

#endif
