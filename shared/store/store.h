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

/*
 * Brings what is committed from the write-ahead log into the file and empties
 * the log, which may still hold what was deleted. Where other processes are
 * at work in it, one of the next calls will do it.
 */
void store_empty_log(struct store *s);

#endif
