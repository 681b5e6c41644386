/* SPDX-License-Identifier: MIT */
/* Connections, transactions and statements. */
#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 10000
#define LOG_BUSY_MS 500

struct store {
	pthread_mutex_t lock; /* held for a transaction */
	struct db *db;
};

static bool db_error(struct error *e, int code)
{
	return error_set(e, ERROR_SETUP,
			 "The database cannot be used: %s (setting KIMI_DB).",
			 sqlite3_errstr(code));
}

static bool run_text(sqlite3 *handle, const char *sql, struct error *e)
{
	int code = sqlite3_exec(handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK || db_error(e, code);
}

static void close_connection(struct db *db)
{
	for (int i = 0; i < DB_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->handle);
	free(db);
}

static struct db *open_connection(const char *path, struct error *e)
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
		if (run_text(db->handle,
			     "PRAGMA journal_mode = WAL;"
			     "PRAGMA foreign_keys = ON;"
			     "PRAGMA secure_delete = ON;"
			     "PRAGMA synchronous = NORMAL",
			     e))
			return db;
	}
	close_connection(db);
	return NULL;
}

static bool read_version(sqlite3 *handle, int *version, struct error *e)
{
	sqlite3_stmt *s = NULL;
	int code =
		sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &s, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		*version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return code == SQLITE_ROW || db_error(e, code);
}

static int newest_version(void)
{
	int n = 0;

	while (db_migrations[n] != NULL)
		n++;
	return n;
}

/* Under the write lock, so that of several processes one migrates. */
static bool migrate_locked(sqlite3 *handle, struct error *e)
{
	char pragma[64];
	int version = 0;

	if (!read_version(handle, &version, e))
		return false;
	for (; version < newest_version(); version++) {
		snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d",
			 version + 1);
		if (!run_text(handle, db_migrations[version], e) ||
		    !run_text(handle, pragma, e))
			return false;
	}
	return true;
}

static bool migrate(sqlite3 *handle, struct error *e)
{
	int version = 0;

	if (!read_version(handle, &version, e))
		return false;
	if (version > newest_version())
		return error_set(e, ERROR_SETUP,
				 "The database was made by a newer version of "
				 "this program (schema %d, known: %d).",
				 version, newest_version());
	if (version == newest_version())
		return true;
	if (!run_text(handle, "BEGIN IMMEDIATE", e))
		return false;
	if (migrate_locked(handle, e))
		return run_text(handle, "COMMIT", e);
	sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static void make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	if (slash == NULL || slash == path)
		return;
	folder = strndup(path, (size_t)(slash - path));
	if (folder == NULL)
		abort();
	/* If it cannot be made, making the file says why. */
	if (mkdir(folder, 0700) != 0)
		errno = 0;
	free(folder);
}

/*
 * SQLite would make it readable for all; its WAL gets the same mode. A file
 * that exists is not opened: closing it would drop the locks that another
 * connection of this process holds (fcntl(2)).
 */
static bool make_file(const char *path, struct error *e)
{
	int fd;

	make_folder(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST || access(path, R_OK | W_OK) != 0)
		return error_set(e, ERROR_SETUP,
				 "The database cannot be opened for writing: "
				 "%s (setting KIMI_DB).",
				 strerror(errno));
	return true;
}

bool store_open(struct store **out, const char *path, struct error *e)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	pthread_mutex_init(&s->lock, NULL);
	if (make_file(path, e))
		s->db = open_connection(path, e);
	if (s->db == NULL || !migrate(s->db->handle, e)) {
		store_close(s);
		return false;
	}
	*out = s;
	return true;
}

void store_close(struct store *s)
{
	if (s->db != NULL)
		close_connection(s->db);
	pthread_mutex_destroy(&s->lock);
	free(s);
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
	db->durable = durable;
	return run_text(db->handle,
			durable ? "PRAGMA synchronous = FULL" :
				  "PRAGMA synchronous = NORMAL",
			e);
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

bool store_check(struct store *s, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_HEALTH);
	query_row(&q);
	if (!query_close(&q, e)) {
		db_abandon(s, db);
		return false;
	}
	return db_commit(s, db, e);
}

void store_empty_log(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	sqlite3_busy_timeout(s->db->handle, LOG_BUSY_MS);
	sqlite3_wal_checkpoint_v2(s->db->handle, NULL,
				  SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(s->db->handle, BUSY_MS);
	pthread_mutex_unlock(&s->lock);
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
