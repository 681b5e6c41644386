/* SPDX-License-Identifier: MIT */
#ifndef CHAT_FILE_H
#define CHAT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * The bytes of an image or document, wherever they are: in memory or in the
 * database. They are read in pieces, from any offset, possibly more than once.
 */
struct chat_file {
	const char *name; /* "a.pdf", never a path */
	const char *type; /* "application/pdf" */
	int64_t size;	  /* bytes */
	const char *hash; /* SHA-256 of the bytes, 64 hex digits */

	/* Fills `p` with `n` bytes from `offset`; all of them exist. */
	bool (*read)(const struct chat_file *f, int64_t offset, void *p,
		     size_t n, struct error *e);
	const void *source;
};

/* A clean file name made from `raw` (may be NULL), in the arena: no folders,
 * UTF-8, 255 bytes at most, never empty. */
const char *chat_file_name(struct arena *a, const char *raw, const char *type);

#endif
