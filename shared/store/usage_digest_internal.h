/* SPDX-License-Identifier: MIT */
#ifndef STORE_USAGE_DIGEST_INTERNAL_H
#define STORE_USAGE_DIGEST_INTERNAL_H

#include <sqlite3.h>

/*
 * Private to the store: statements ask usage_digest(names…, numbers…) of rows of
 * usage, with USAGE_DIGEST_NAMES columns that say whose it is. The same numbers
 * under the same names have the same digest, in any order and however they are
 * divided among rows; what rows with negative numbers take away again has 0.
 * Others have another one, but for a chance of 1 in 2^60 or so.
 */
#define USAGE_DIGEST_NAMES 8

/* Adds the function to a connection; an SQLite code. */
int usage_digest_add_function(sqlite3 *handle);

#endif
