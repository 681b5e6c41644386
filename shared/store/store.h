/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

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
	const char *stranger; /* the credential that the client brought first */
	const char *secret;   /* fingerprint; NULL: it is the key's */
	int64_t used_ms;      /* wall clock; 0: its last use is known */
	int64_t space;	      /* bytes it may keep (space.h) */
	int64_t all_space;    /* … and all strangers together */
};

/* How long to wait for other processes that have the file: in a request, and in
 * a check whose answer is wanted within a second or two. */
#define STORE_WAIT_MS 5000
#define STORE_CHECK_WAIT_MS 700

/* Sets SQLite up: once, before there are threads. */
void store_prepare(void);

/*
 * `log` gets what befalls the file, one line for each fault; it is NULL or lives
 * as long as the store. ERROR_SETUP if the file cannot be created, read, written
 * or understood, ERROR_FULL if it is locked for longer than `wait_ms`.
 */
bool store_open(struct store **s, const char *path, const struct log *log,
		int64_t wait_ms, struct error *e);

/* Unless other processes are using the file, it holds everything after that,
 * and its log is gone. */
void store_close(struct store *s);

/*
 * For a process that ends with the file open, as that costs less: empties a
 * log that has become long, which the next one to come would have to read, or
 * that still has what was pruned, unless other processes are using it.
 */
void store_leave(struct store *s);

/*
 * Whether the file can be written, by writing: a row is changed, and a quarter
 * of a megabyte must fit beside it. If that was so at most `age_ms` ago, nothing
 * is tried. Takes a second at most, whoever has the file.
 */
bool store_check(struct store *s, int64_t age_ms, struct error *e);

/*
 * Moves what is committed from the write-ahead log into the file and empties
 * the log, which may still hold deleted text. If other processes are using the
 * log, one of the next calls does it.
 */
void store_empty_log(struct store *s);

#endif
