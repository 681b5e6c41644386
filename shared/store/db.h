/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/error.h"
#include "statements.h"
#include "store/store.h"

/*
 * Inside of the store: the connection, borrowed for one transaction, and the
 * statements of sql/queries.sql. A statement is prepared when first used: a
 * CGI process needs few of them, and a test prepares all.
 */
struct db {
	sqlite3 *handle;
	sqlite3_stmt *statements[DB_STATEMENTS];
	bool durable; /* commits wait for the disk */
};

enum db_mode {
	DB_READ,
	DB_WRITE,   /* survives the end of any process */
	DB_DURABLE, /* … and of the machine */
};

/*
 * Waits for the connection and begins a transaction. NULL and ERROR_SETUP
 * when the file cannot be used. db_commit gives the connection back, as
 * db_abandon does without a commit.
 */
struct db *db_begin(struct store *s, enum db_mode mode, struct error *e);
bool db_commit(struct store *s, struct db *db, struct error *e);
void db_abandon(struct store *s, struct db *db);

/* Commits if `ok`; else abandons, and `e` stays as it is. Whether it did. */
bool db_end(struct store *s, struct db *db, bool ok, struct error *e);

/* A statement being run: its parameters in order, then its rows. */
struct query {
	struct db *db;
	sqlite3_stmt *statement; /* NULL: could not be prepared */
	int bound;
	bool failed;
};

void query_open(struct query *q, struct db *db, enum db_statement which);
void query_int(struct query *q, int64_t v);
void query_row_id(struct query *q, int64_t v);	 /* 0: null */
void query_text(struct query *q, const char *v); /* NULL: null */
void query_blob(struct query *q, const void *v, size_t n);
void query_null(struct query *q);

/* The next row; false at the end and on failure. */
bool query_row(struct query *q);

/* Columns of the row, from 0; texts are copied into the arena. */
int64_t query_get_int(struct query *q, int column);
const char *query_get_text(struct query *q, int column, struct arena *a);
const void *query_get_blob(struct query *q, int column, size_t *n,
			   struct arena *a);

/* As many bytes of a blob as fit `p`, past the arena. */
size_t query_copy_blob(struct query *q, int column, void *p, size_t max);

/* Ends it. False with a filled error if anything failed on the way. */
bool query_close(struct query *q, struct error *e);

/* Steps a statement that returns no rows, and ends it. */
bool query_run(struct query *q, struct error *e);

/* All of it, for a statement with the one parameter `id`. */
bool query_run_on(struct db *db, enum db_statement which, int64_t id,
		  struct error *e);

#endif
