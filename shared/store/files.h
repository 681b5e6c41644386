/* SPDX-License-Identifier: MIT */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/spool.h"
#include "chat/file.h"
#include "store/store.h"

/* A file that a client uploaded, without its bytes. */
struct store_file {
	const char *id; /* "file-…" */
	const char *name, *type, *purpose;
	const char *hash;   /* SHA-256, 64 hex digits */
	int64_t size;	    /* bytes */
	int64_t created_ms; /* wall clock */
	int64_t row, content;
};

/* The bytes of a new file, and what may be stored. */
struct store_upload {
	struct store_owner owner;
	const struct spool *bytes;
	int64_t space; /* bytes that all files together may take */
};

/*
 * Stores a file: its name, type, purpose, size and hash are given, the other
 * members are filled in. Bytes that the owner has uploaded before are stored
 * once. ERROR_TOO_LARGE if there is not enough space.
 *
 * The bytes are written in many short transactions, and become a file with the
 * last one. A later upload deletes what a killed process left unfinished.
 */
bool store_file_add(struct store *s, const struct store_upload *upload,
		    struct store_file *f, struct arena *a, struct error *e);

/* ERROR_NOT_FOUND if the API key has no such file. */
bool store_file_find(struct store *s, const char *key, const char *id,
		     struct store_file *f, struct arena *a, struct error *e);

struct store_file_list {
	const char *purpose; /* NULL: all */
	const char *after;   /* an id; NULL: from the start */
	bool ascending;
	size_t limit;

	/* Filled. */
	struct store_file *files;
	size_t n;
	bool more;
};

/* In the order of creation. ERROR_NOT_FOUND if `after` does not exist. */
bool store_file_list(struct store *s, const char *key,
		     struct store_file_list *list, struct arena *a,
		     struct error *e);

/*
 * Deletes it, and its bytes if no other file has them (`*last`), in one
 * transaction; none of the bytes remains in the database.
 */
bool store_file_delete(struct store *s, const struct store_file *f, bool *last,
		       struct error *e);

/* Its bytes, read from the database as they are needed. */
const struct chat_file *
store_file_bytes(struct store *s, const struct store_file *f, struct arena *a);

#endif
