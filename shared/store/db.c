/* SPDX-License-Identifier: MIT */
/* The connection: transactions and prepared statements. */
#include "store/db_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"

/* How long each waits, in ms. Whoever comes after one that waited in vain
 * waits less: a request makes several transactions. */
static const int64_t patience_ms[] = {
	[DB_CHECK] = 700,     [DB_LOOK] = 5000, [DB_READ] = 5000,
	[DB_WRITE] = 5000,    [DB_TURN] = 5000, [DB_VITAL] = 30000,
	[DB_DURABLE] = 10000,
};
#define TIRED_MS 1000

/* After waiting this long for another process, a thread lets the others of this
 * process have their turn. */
#define STEP_MS 100
#define PAUSE_MS 1
#define LOG_BUSY_MS 500

bool db_error(struct db *db, int code, struct error *e)
{
	return fault_set(&db->fault, code, errno, e);
}

bool db_execute(struct db *db, const char *sql, struct error *e)
{
	int code;

	errno = 0;
	code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return code == SQLITE_OK || db_error(db, code, e);
}

void db_close(struct db *db)
{
	for (int i = 0; i < DB_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i]);
	lease_owners_fini(&db->owners);
	known_fini(&db->known);
	sqlite3_close(db->handle);
	free(db);
}

/* How long SQLite waits for other processes. */
static void set_patience(struct db *db, int64_t ms)
{
	sqlite3_busy_timeout(db->handle, ms > 0 ? (int)ms : 0);
}

static bool add_functions(struct db *db, struct error *e)
{
	int code = lease_add_function(&db->owners, db->handle);

	return code == SQLITE_OK || db_error(db, code, e);
}

struct db *db_open(const char *path, int64_t until, struct error *e)
{
	struct db *db = calloc(1, sizeof(*db));
	int code;

	if (db == NULL)
		abort();
	known_init(&db->known);
	code = sqlite3_open_v2(path, &db->handle,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code != SQLITE_OK) {
		db_error(db, code, e);
	} else {
		lease_owners_init(&db->owners,
				  sqlite3_db_filename(db->handle, "main"));
		set_patience(db, until - clock_ms());
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
				  1, NULL);
		if (db_execute(db,
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA foreign_keys = ON;"
			       "PRAGMA secure_delete = ON;"
			       "PRAGMA synchronous = NORMAL",
			       e) &&
		    add_functions(db, e))
			return db;
	}
	db_close(db);
	return NULL;
}

void db_empty_log(struct db *db)
{
	set_patience(db, LOG_BUSY_MS);
	sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE,
				  NULL, NULL);
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

bool db_lock(struct store *s, int64_t until, struct error *e)
{
	return thread_lock_until(&s->lock, until) || fault_busy(e);
}

static bool is_read(enum db_mode mode)
{
	return mode == DB_LOOK || mode == DB_READ;
}

static bool begin(struct db *db, enum db_mode mode, int64_t left_ms,
		  struct error *e)
{
	db->fault.code = 0;
	db->quiet = mode == DB_TURN || mode == DB_VITAL;
	if (is_read(mode)) {
		set_patience(db, left_ms);
		known_check(&db->known, db->handle);
		return mode == DB_LOOK || run(db, DB_BEGIN_READ, e);
	}
	set_patience(db, left_ms < STEP_MS ? left_ms : STEP_MS);
	if (!set_durable(db, mode == DB_DURABLE, e) || !run(db, DB_BEGIN, e))
		return false;
	known_check(&db->known, db->handle);
	return true;
}

/* Ends a transaction, or what should have become one. */
static void give_back(struct store *s, bool wrote)
{
	if (s->db != NULL) {
		if (s->db->fault.code == SQLITE_BUSY)
			s->timed_out = true;
		fault_log(&s->faults, &s->db->fault, wrote);
		s->db->fault.code = 0;
	}
	pthread_mutex_unlock(&s->lock);
}

static int64_t wait_until(const struct store *s, enum db_mode mode)
{
	int64_t ms = patience_ms[mode];

	if (s->timed_out && mode < DB_VITAL && ms > TIRED_MS)
		ms = TIRED_MS;
	return clock_ms() + ms;
}

struct db *db_begin(struct store *s, enum db_mode mode, struct error *e)
{
	int64_t until = wait_until(s, mode), left;
	bool usable;

	while (db_lock(s, until, e)) {
		usable = s->usable(s, until, e);
		left = until - clock_ms();
		if (usable && begin(s->db, mode, left, e)) {
			/* Who reads does not wait for those who write. */
			if (!is_read(mode))
				s->timed_out = false;
			return s->db;
		}
		if (!usable || s->db->fault.code != SQLITE_BUSY || left <= 0) {
			give_back(s, false);
			return NULL;
		}
		pthread_mutex_unlock(&s->lock);
		clock_sleep_ms(PAUSE_MS);
	}
	return NULL;
}

void db_keep(struct db *db, int64_t key, int64_t bytes)
{
	assert(db->kept == 0 || db->key == key);
	db->key = key;
	db->kept += bytes;
}

static bool write_kept(struct db *db, struct error *e)
{
	struct query q;

	if (db->kept == 0)
		return true;
	query_open(&q, db, DB_KEY_KEEP);
	query_int(&q, db->key);
	query_int(&q, db->kept);
	return query_run(&q, e);
}

bool db_commit(struct store *s, struct db *db, struct error *e)
{
	bool wrote = sqlite3_txn_state(db->handle, NULL) == SQLITE_TXN_WRITE;

	if (!sqlite3_get_autocommit(db->handle) &&
	    (!write_kept(db, e) || !run(db, DB_COMMIT, e))) {
		db_abandon(s, db);
		return false;
	}
	if (wrote)
		known_committed(&db->known, db->handle, db->quiet);
	db->kept = 0;
	give_back(s, wrote);
	return true;
}

void db_abandon(struct store *s, struct db *db)
{
	struct error ignored;
	struct fault fault = db->fault;

	if (!sqlite3_get_autocommit(db->handle))
		run(db, DB_ROLLBACK, &ignored);
	db->fault = fault;
	db->kept = 0;
	give_back(s, false);
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

int64_t query_get_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->statement, column);
}

struct lease query_get_lease(struct query *q, int column)
{
	return (struct lease){
		.owner = query_get_int(q, column),
		.until = query_get_int(q, column + 1),
		.uptime = query_get_int(q, column + 2),
	};
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
