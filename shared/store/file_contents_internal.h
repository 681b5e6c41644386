/* SPDX-License-Identifier: MIT */
#ifndef STORE_FILE_CONTENTS_INTERNAL_H
#define STORE_FILE_CONTENTS_INTERNAL_H

#include "base/spool.h"
#include "chat/file.h"
#include "store/db_internal.h"

/*
 * Private to the store: the bytes of files, in chunks. The files of an API key
 * that have the same bytes share one content. While it is being written it is a
 * lease; once complete, it is found by its hash.
 */
struct file_content {
	int64_t id; /* 0: none */
	int64_t key;
	int64_t size;	  /* bytes */
	const char *hash; /* SHA-256, 64 hex digits */
};

/* Fills the id of the complete content with that key and hash; 0: none. */
bool file_contents_find(struct db *db, struct file_content *c, struct error *e);

/* Adds an empty one and fills its id. ERROR_TOO_LARGE if all contents together
 * would take more than `space` bytes. */
bool file_contents_add(struct db *db, struct file_content *c, int64_t space,
		       struct error *e);

/* Writes its bytes, one transaction per chunk. */
bool file_contents_write(struct store *s, const struct file_content *c,
			 const struct spool *bytes, struct arena *a,
			 struct error *e);

/* Marks it as complete. ERROR_SETUP if its lease expired and it was deleted. */
bool file_contents_finish(struct db *db, const struct file_content *c,
			  struct error *e);

bool file_contents_delete(struct db *db, int64_t id, struct error *e);

/* Runs a statement that deletes one row, which it says whose it was and what it
 * counted (space_internal.h). */
bool file_contents_drop_row(struct db *db, enum db_statement which, int64_t id,
			    struct error *e);

/* Deletes one that a killed process left unfinished. */
bool file_contents_expire(struct db *db, struct error *e);

/* Makes the file read its bytes from a complete content. */
void file_contents_open(struct chat_file *file, struct store *s, int64_t id,
			struct arena *a);

#endif
