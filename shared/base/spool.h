/* SPDX-License-Identifier: MIT */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"

/*
 * Bytes that may be too many for memory: a temporary file that has no name,
 * so that it is gone with the process, and the hash of what was written.
 */
struct spool {
	int fd;
	int64_t size;
	struct hash hash;
};

/* ERROR_SETUP when no file can be made in the folder. */
bool spool_open(struct spool *s, const char *folder, struct error *e);
void spool_close(struct spool *s);

/* For arena_own. */
void spool_drop(void *spool);

/* Appends. ERROR_SETUP when the disk takes no more. */
bool spool_write(struct spool *s, const void *p, size_t n, struct error *e);

/* Fills `p` with `n` bytes from `offset`; all of them were written. */
bool spool_read(const struct spool *s, int64_t offset, void *p, size_t n,
		struct error *e);

#endif
