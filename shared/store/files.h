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
	const char *hash; /* SHA-256, 64 hex digits */
	int64_t size;
	int64_t created_ms; /* wall clock */
	int64_t row, content;
};

/* Whose files: those of one API key are nobody else's. */
struct store_owner {
	const char *fingerprint, *label;
};

/*
 * Keeps a file: its name, type, purpose, size and hash are given, the rest is
 * filled. Bytes that the owner has uploaded before are kept once. `space` is
 * what all files together may take, in bytes; ERROR_TOO_LARGE beyond it.
 *
 * The bytes go in by many short transactions and are a file with the last
 * one. What a process that was killed left of one is removed by the next.
 */
bool store_file_add(struct store *s, const struct store_owner *owner,
		    struct store_file *f, const struct spool *bytes,
		    int64_t space, struct arena *a, struct error *e);

/* ERROR_NOT_FOUND when the owner has no such file. */
bool store_file_find(struct store *s, const char *owner, const char *id,
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

/* In the order of their making. */
bool store_file_list(struct store *s, const char *owner,
		     struct store_file_list *list, struct arena *a,
		     struct error *e);

/*
 * Forgets it, and its bytes with the last file that has them (`*last`), in one
 * transaction; nothing of them is left in the database.
 */
bool store_file_delete(struct store *s, const struct store_file *f, bool *last,
		       struct error *e);

/* Its bytes, read from the database when they are asked for. */
const struct chat_file *
store_file_bytes(struct store *s, const struct store_file *f, struct arena *a);

#endif
