/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SYNC_COUNT_H
#define SUPPORT_SYNC_COUNT_H

/*
 * Counts how often SQLite waits until a write-ahead log is on disk (fsync), for
 * all databases that are opened from now on until sync_count_end.
 */
void sync_count_begin(void);
void sync_count_end(void);

/* The number since the last call. */
int sync_count(void);

#endif
