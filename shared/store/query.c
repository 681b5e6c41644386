/* SPDX-License-Identifier: MIT */
/* Prepared statements: their parameters, their rows. */
#include "store/query_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/json.h"

#define MAX_LIST (1024 * 1024)

int64_t db_changes(const struct db *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t db_inserted(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

void query_open(struct query *q, struct db *db, enum db_statement which)
{
	*q = (struct query){ .db = db };
	if (db->statements[which] == NULL)
		sqlite3_prepare_v3(db->handle, db_statements[which], -1,
				   SQLITE_PREPARE_PERSISTENT,
				   &db->statements[which], NULL);
	q->statement = db->statements[which];
	q->failed = q->statement == NULL;
}

static void note_bind(struct query *q, int code)
{
	if (code != SQLITE_OK)
		q->failed = true;
}

void query_int(struct query *q, int64_t v)
{
	note_bind(q, sqlite3_bind_int64(q->statement, ++q->bound, v));
}

void query_row_id(struct query *q, int64_t v)
{
	if (v == 0)
		query_null(q);
	else
		query_int(q, v);
}

void query_text(struct query *q, const char *v)
{
	note_bind(q, sqlite3_bind_text(q->statement, ++q->bound, v, -1,
				       SQLITE_STATIC));
}

void query_list(struct query *q, const struct config_list *list,
		struct arena *a)
{
	struct buf *out;
	struct json_writer w;

	if (list->items == NULL) {
		query_null(q);
		return;
	}
	out = arena_buf(a, MAX_LIST);
	json_writer_init(&w, out);
	json_array(&w, NULL);
	for (size_t i = 0; i < list->n; i++)
		json_put_text(&w, NULL, list->items[i]);
	json_close_array(&w);
	query_text(q, buf_text(out));
}

void query_blob(struct query *q, const void *v, size_t n)
{
	note_bind(q, sqlite3_bind_blob64(q->statement, ++q->bound, v, n,
					 SQLITE_STATIC));
}

void query_lease(struct query *q, const struct lease *l)
{
	query_row_id(q, l->owner);
	query_int(q, l->until);
	query_row_id(q, l->uptime);
}

void query_null(struct query *q)
{
	note_bind(q, sqlite3_bind_null(q->statement, ++q->bound));
}

bool query_row(struct query *q)
{
	int code;

	if (q->failed)
		return false;
	assert(q->bound == sqlite3_bind_parameter_count(q->statement));
	errno = 0;
	code = sqlite3_step(q->statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		q->failed = true;
		q->number = errno;
	}
	return code == SQLITE_ROW;
}

int query_columns(struct query *q)
{
	return sqlite3_column_count(q->statement);
}

bool query_is_text(struct query *q, int column)
{
	return sqlite3_column_type(q->statement, column) == SQLITE_TEXT;
}

bool query_is_null(struct query *q, int column)
{
	return sqlite3_column_type(q->statement, column) == SQLITE_NULL;
}

int64_t query_get_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->statement, column);
}

int64_t query_get_number(struct query *q, int column, int64_t absent)
{
	return sqlite3_column_type(q->statement, column) == SQLITE_NULL ?
		       absent :
		       query_get_int(q, column);
}

struct lease query_get_lease(struct query *q, int column)
{
	return (struct lease){
		.owner = query_get_int(q, column),
		.until = query_get_int(q, column + 1),
		.uptime = query_get_int(q, column + 2),
	};
}

const char *query_peek_text(struct query *q, int column)
{
	return (const char *)sqlite3_column_text(q->statement, column);
}

const char *query_get_text(struct query *q, int column, struct arena *a)
{
	return arena_copy(a, query_peek_text(q, column));
}

const void *query_get_blob(struct query *q, int column, size_t *n,
			   struct arena *a)
{
	const void *p = sqlite3_column_blob(q->statement, column);

	*n = (size_t)sqlite3_column_bytes(q->statement, column);
	return arena_copy_n(a, p, *n);
}

size_t query_copy_blob(struct query *q, int column, void *p, size_t max)
{
	const void *from = sqlite3_column_blob(q->statement, column);
	size_t n = (size_t)sqlite3_column_bytes(q->statement, column);

	if (n > max)
		n = max;
	if (n > 0)
		memcpy(p, from, n);
	return n;
}

bool query_close(struct query *q, struct error *e)
{
	int code = sqlite3_errcode(q->db->handle);

	/* What is bound stays, and is bound anew before the next row. */
	if (q->statement != NULL)
		sqlite3_reset(q->statement);
	return !q->failed || fault_set(&q->db->fault, code, q->number, e);
}

bool query_run(struct query *q, struct error *e)
{
	query_row(q);
	return query_close(q, e);
}

bool query_run_on(struct db *db, enum db_statement which, int64_t id,
		  struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	query_int(&q, id);
	return query_run(&q, e);
}

bool query_first_int(struct query *q, int64_t *v, struct error *e)
{
	*v = query_row(q) ? query_get_int(q, 0) : 0;
	return query_close(q, e);
}

bool query_read_int(struct db *db, enum db_statement which, int64_t *v,
		    struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	return query_first_int(&q, v, e);
}

bool query_first_bool(struct query *q, bool *v, struct error *e)
{
	int64_t number;
	bool ok = query_first_int(q, &number, e);

	*v = number != 0;
	return ok;
}
