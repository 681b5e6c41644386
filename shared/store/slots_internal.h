/* SPDX-License-Identifier: MIT */
#ifndef STORE_SLOTS_INTERNAL_H
#define STORE_SLOTS_INTERNAL_H

#include "store/db_internal.h"
#include "store/slots.h"

/* Private to the store: adds a slot by a statement that takes its credential and
 * its lease. */
bool slots_add(struct db *db, enum db_statement which, const char *credential,
	       int64_t ms, int64_t *slot, struct error *e);

/* Removes those of dead processes. */
bool slots_expire(struct db *db, struct error *e);

/* store_slot_release in a transaction. */
bool slots_release(struct db *db, int64_t slot, struct error *e);

#endif
