/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * The database file, and the one connection to it that all threads share:
 * each borrows it for a transaction. With several connections every commit
 * would empty the page caches of the others. The file is created with mode
 * 0600 and brought to the newest schema when it is opened.
 *
 * Names in this folder: a public function starts with `store_` and the noun of
 * its file (store_turn_open in turn_open.h); a stored_response says "store"
 * itself. What only this folder uses has no `store_` and is declared in a
 * header that ends in `_internal.h`.
 */
struct store;

/* Whose rows they are: no key sees what another one stores. */
struct store_owner {
	const char *fingerprint, *label;
};

/* ERROR_SETUP if the file cannot be created, read, written or understood. */
bool store_open(struct store **s, const char *path, struct error *e);
void store_close(struct store *s);

/* Whether the file can be written right now. */
bool store_check(struct store *s, struct error *e);

/*
 * Moves what is committed from the write-ahead log into the file and empties
 * the log, which may still hold deleted text. If other processes are using the
 * log, one of the next calls does it.
 */
void store_empty_log(struct store *s);

#endif
