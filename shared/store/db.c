/* SPDX-License-Identifier: MIT */
/* The connection: transactions and prepared statements. */
#include "store/db_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MS 10000
#define LOG_BUSY_MS 500

bool db_error(struct error *e, int code)
{
	return error_set(e, ERROR_SETUP,
			 "The database cannot be used: %s (setting KIMI_DB).",
			 sqlite3_errstr(code));
}

bool db_execute(struct db *db, const char *sql, struct error *e)
{
	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK || db_error(e, code);
}

void db_close(struct db *db)
{
	for (int i = 0; i < DB_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->handle);
	free(db);
}

struct db *db_open(const char *path, struct error *e)
{
	struct db *db = calloc(1, sizeof(*db));
	int code;

	if (db == NULL)
		abort();
	code = sqlite3_open_v2(path, &db->handle,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code != SQLITE_OK) {
		db_error(e, code);
	} else {
		sqlite3_busy_timeout(db->handle, BUSY_MS);
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
				  1, NULL);
		if (db_execute(db,
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA foreign_keys = ON;"
			       "PRAGMA secure_delete = ON;"
			       "PRAGMA synchronous = NORMAL",
			       e))
			return db;
	}
	db_close(db);
	return NULL;
}

void db_empty_log(struct db *db)
{
	sqlite3_busy_timeout(db->handle, LOG_BUSY_MS);
	sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE,
				  NULL, NULL);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
}

static bool run(struct db *db, enum db_statement which, struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	return query_run(&q, e);
}

/* In WAL mode FULL adds one fsync to each commit, NORMAL none. */
static bool set_durable(struct db *db, bool durable, struct error *e)
{
	if (db->durable == durable)
		return true;
	if (!db_execute(db,
			durable ? "PRAGMA synchronous = FULL" :
				  "PRAGMA synchronous = NORMAL",
			e))
		return false;
	db->durable = durable;
	return true;
}

struct db *db_begin(struct store *s, enum db_mode mode, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	if ((mode == DB_READ || set_durable(s->db, mode == DB_DURABLE, e)) &&
	    run(s->db, mode == DB_READ ? DB_BEGIN_READ : DB_BEGIN, e))
		return s->db;
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

bool db_commit(struct store *s, struct db *db, struct error *e)
{
	if (!run(db, DB_COMMIT, e)) {
		db_abandon(s, db);
		return false;
	}
	pthread_mutex_unlock(&s->lock);
	return true;
}

void db_abandon(struct store *s, struct db *db)
{
	struct error ignored;

	run(db, DB_ROLLBACK, &ignored);
	pthread_mutex_unlock(&s->lock);
}

bool db_end(struct store *s, struct db *db, bool ok, struct error *e)
{
	if (ok)
		return db_commit(s, db, e);
	db_abandon(s, db);
	return false;
}

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

void query_blob(struct query *q, const void *v, size_t n)
{
	note_bind(q, sqlite3_bind_blob64(q->statement, ++q->bound, v, n,
					 SQLITE_STATIC));
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
	code = sqlite3_step(q->statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		q->failed = true;
	return code == SQLITE_ROW;
}

int64_t query_get_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->statement, column);
}

const char *query_get_text(struct query *q, int column, struct arena *a)
{
	const unsigned char *text = sqlite3_column_text(q->statement, column);

	return arena_copy(a, (const char *)text);
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

	if (q->statement != NULL) {
		sqlite3_reset(q->statement);
		sqlite3_clear_bindings(q->statement);
	}
	return !q->failed || db_error(e, code);
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
