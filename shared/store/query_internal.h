/* SPDX-License-Identifier: MIT */
#ifndef STORE_QUERY_INTERNAL_H
#define STORE_QUERY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config_list.h"
#include "store/connection_internal.h"

/* Private to the store: statements of sql/queries.sql, in a transaction. */

/* Rows that the last statement inserted, updated or deleted. */
int64_t db_changes(const struct db *db);

/* The row id of the last insert. */
int64_t db_inserted(const struct db *db);

/* A statement being run: its parameters in order, then its rows. */
struct query {
	struct db *db;
	sqlite3_stmt *statement; /* NULL: could not be prepared */
	int bound;
	bool failed;
	int number; /* the system's errno when it failed */
};

void query_open(struct query *q, struct db *db, enum db_statement which);
void query_int(struct query *q, int64_t v);
void query_row_id(struct query *q, int64_t v);	 /* 0: null */
void query_text(struct query *q, const char *v); /* NULL: null */
void query_list(struct query *q, const struct config_list *list,
		struct arena *a); /* as JSON; null if it is absent */
void query_blob(struct query *q, const void *v, size_t n);
void query_lease(struct query *q, const struct lease *l); /* three columns */
void query_null(struct query *q);

/* The next row; false at the end and on failure. */
bool query_row(struct query *q);

int query_columns(struct query *q);
bool query_is_text(struct query *q, int column);
bool query_is_null(struct query *q, int column);

/* Columns of the row, from 0; texts are copied into the arena. */
int64_t query_get_int(struct query *q, int column);
int64_t query_get_number(struct query *q, int column, int64_t absent);
struct lease query_get_lease(struct query *q, int column); /* three columns */
const char *query_get_text(struct query *q, int column, struct arena *a);
const char *query_peek_text(struct query *q, int column); /* for this row */
const void *query_get_blob(struct query *q, int column, size_t *n,
			   struct arena *a);

/* Copies as much of a blob as fits `p`, without the arena. Its length. */
size_t query_copy_blob(struct query *q, int column, void *p, size_t max);

/* Closes it. False, with the error filled, if anything failed on the way. */
bool query_close(struct query *q, struct error *e);

/* Runs a statement that returns no rows, and closes it. */
bool query_run(struct query *q, struct error *e);

/* Opens, runs and closes a statement whose only parameter is `id`. */
bool query_run_on(struct db *db, enum db_statement which, int64_t id,
		  struct error *e);

/* Runs an open statement and closes it: the first column of its first row, or 0
 * if there is no row. */
bool query_first_int(struct query *q, int64_t *v, struct error *e);

/* The same of a statement without parameters. */
bool query_read_int(struct db *db, enum db_statement which, int64_t *v,
		    struct error *e);

/* The same of a condition. */
bool query_first_bool(struct query *q, bool *v, struct error *e);

#endif
