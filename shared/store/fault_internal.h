/* SPDX-License-Identifier: MIT */
#ifndef STORE_FAULT_INTERNAL_H
#define STORE_FAULT_INTERNAL_H

#include "store/db_internal.h"

/*
 * Private to the store: what SQLite reports, in words that say what to do.
 * ERROR_FULL, with a time to try again, is what passes by itself, ERROR_SETUP
 * what the owner has to cure. These functions always return false.
 */

/* The error of an SQLite result code; `db` notes it. */
bool fault_set(struct db *db, int code, struct error *e);

/* Somebody else has the database for longer than we wait. */
bool fault_busy(struct error *e);

/*
 * For the end of a transaction: logs what failed in it, unless the one before
 * failed alike, so that a fault has one line however many requests meet it.
 * Once a transaction has written again, another line says that it is over.
 */
void fault_log(struct store *s, struct db *db, bool wrote);

/* The same for what is no result of SQLite. */
void fault_log_text(struct store *s, int code, const char *text);

#endif
