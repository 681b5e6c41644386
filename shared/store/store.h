/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * The database file and the one connection to it that all threads share, each
 * for a transaction: with several, every commit would empty the page caches
 * of the others. The file is made with mode 0600 and brought to the newest
 * schema when opened.
 */
struct store;

/* ERROR_SETUP when the file cannot be made, read, written or understood. */
bool store_open(struct store **s, const char *path, struct error *e);
void store_close(struct store *s);

/* Whether the file can be written right now. */
bool store_check(struct store *s, struct error *e);

#endif
