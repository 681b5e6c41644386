/* SPDX-License-Identifier: MIT */
#ifndef STORE_KNOWN_INTERNAL_H
#define STORE_KNOWN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "statements.h"
#include "store/wal_index_internal.h"

/*
 * Private to the store: rows that a connection has read and that nobody can
 * have changed since, neither this process nor another one. Each request asks
 * for the same ones: its API key; cooldowns, tokens, notes and models of a
 * credential; prices.
 */
#define KNOWN_COLUMNS 24

/* A row; what is not in the columns of one kind is 0 or NULL. */
struct known_row {
	bool found; /* there is one */
	int64_t numbers[KNOWN_COLUMNS];
	const char *texts[KNOWN_COLUMNS];
};

/* The statement that reads it, and its parameters; NULL: it has none there. */
struct known_name {
	enum db_statement which;
	const char *first, *second;
};

struct known {
	struct arena arena;
	struct known_entry *entries;
	size_t n, bytes;
	struct wal_index seen; /* when all of them were true */
};

void known_init(struct known *k);
void known_fini(struct known *k);

/* Forgets what others may have changed. With the connection's lock, as all
 * that follows. */
void known_check(struct known *k, sqlite3 *handle);

/* After a commit of this connection; `quiet`: it has changed none of them. */
void known_committed(struct known *k, sqlite3 *handle, bool quiet);

/* Into the arena; false if it has to be read. After known_check. */
bool known_find(const struct known *k, const struct known_name *name,
		struct known_row *row, struct arena *a);

/* Remembers a row that was read after known_check. */
void known_add(struct known *k, const struct known_name *name,
	       const struct known_row *row);

#endif
