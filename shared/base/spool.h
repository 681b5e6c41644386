/* SPDX-License-Identifier: MIT */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"

/*
 * Bytes that may be too many for memory: a temporary file without a name, which
 * disappears with the process, and the hash of what was written to it.
 */
struct spool {
	int fd;
	int64_t size; /* bytes */
	struct hash hash;
};

/*
 * ERROR_SETUP when no file can be created in the folder, ERROR_FULL when there
 * are too many open ones. The caller closes it.
 */
bool spool_open(struct spool *s, const char *folder, struct error *e);
void spool_close(struct spool *s);

/* spool_close, for arena_own. */
void spool_drop(void *spool);

/* Appends. ERROR_SETUP when the disk is full or fails. */
bool spool_write(struct spool *s, const void *p, size_t n, struct error *e);

/* Fills `p` with `n` bytes from `offset`, all of which must have been written.
 * ERROR_INTERNAL when they cannot be read. */
bool spool_read(const struct spool *s, int64_t offset, void *p, size_t n,
		struct error *e);

#endif
