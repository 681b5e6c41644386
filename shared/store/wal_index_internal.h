/* SPDX-License-Identifier: MIT */
#ifndef STORE_WAL_INDEX_INTERNAL_H
#define STORE_WAL_INDEX_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

/*
 * Private to the store: the head of the index of the write-ahead log, which
 * lies in memory that all processes share. It changes with every commit and
 * with nothing else: SQLite itself keeps its pages while it is the same. So
 * whether anybody has committed is known without a system call.
 */
struct wal_index {
	uint32_t words[10];
};

/* False if there is none, as where a file system cannot share memory. */
bool wal_index_read(sqlite3 *handle, struct wal_index *index);

bool wal_index_same(const struct wal_index *a, const struct wal_index *b);

/* How many pages the log has that a process which finds no other must read. */
uint32_t wal_index_frames(const struct wal_index *index);

/* Whether it is `before` after one commit. */
bool wal_index_follows(const struct wal_index *index,
		       const struct wal_index *before);

#endif
