/* SPDX-License-Identifier: MIT */
#ifndef STORE_FOLDED_INTERNAL_H
#define STORE_FOLDED_INTERNAL_H

#include <sqlite3.h>

/*
 * Adds the SQL function folded(TEXT): the text in small letters, as long in
 * characters as it was, for searches that ignore case. The letters are those of
 * the process's locale; without a locale, those of ASCII. SQLite's status.
 */
int folded_add_function(sqlite3 *handle);

#endif
