/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_INTERNAL_H
#define STORE_DB_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/error.h"
#include "statements.h"
#include "store/fault_internal.h"
#include "store/known_internal.h"
#include "store/lease_internal.h"
#include "store/rotation_numbers_internal.h"

/*
 * Private to the store: the connection, its transactions and the statements of
 * sql/queries.sql. A statement is prepared when it is first used: a CGI
 * process needs few of them, and a test prepares all.
 */
struct db {
	sqlite3 *handle;
	sqlite3_stmt *statements[DB_STATEMENTS];
	bool durable; /* commits wait for the disk */
	bool moved;   /* from its path, and has all of its log */
	struct fault fault;
	struct lease_owners owners;
	struct known known;
	bool quiet;	   /* this transaction changes nothing that is known */
	int64_t key, kept; /* of this transaction: see db_keep */
};

struct store {
	pthread_mutex_t lock; /* held for a transaction */
	struct db *db;	      /* NULL: the file was replaced and is no good */
	char *path;
	/* Whether `db` is still the file at the path (replaced_internal.h). */
	bool (*usable)(struct store *s, int64_t until, struct error *e);
	struct stat wal, shm; /* the files beside it, as they were opened */
	struct fault_log faults;
	struct rotation_numbers numbers;
	atomic_bool timed_out;	/* the last one that waited for it */
	atomic_llong usable_ms; /* clock_ms of the last store_check that held */
};

/*
 * A connection to an existing file; waits until `until` (clock_ms) for those
 * who lock it. NULL on failure, with ERROR_SETUP or ERROR_FULL.
 */
struct db *db_open(const char *path, int64_t until, struct error *e);
void db_close(struct db *db);

/* Runs SQL text outside of the prepared statements. */
bool db_execute(struct db *db, const char *sql, struct error *e);

/* Always false: the error of an SQLite result code (fault_internal.h). */
bool db_error(struct db *db, int code, struct error *e);

/* Empties the write-ahead log, if no other process is using it. */
void db_empty_log(struct db *db);

/* Takes the lock, or gives up at `until` (clock_ms) with ERROR_FULL. */
bool db_lock(struct store *s, int64_t until, struct error *e);

/*
 * What a transaction is for, which says how long it waits: for the threads of
 * this process and for other processes together, in one sum (db.c has the
 * figures). A client whose transaction waited in vain gets a 503 and may try
 * again; what is lost of the last two nobody can get again, so they wait for
 * longer.
 */
enum db_mode {
	DB_CHECK, /* a write that says whether others can be made */
	DB_LOOK,  /* one SELECT, which needs no transaction */
	DB_READ,
	DB_WRITE, /* survives the end of any process */
	DB_TURN,  /* … and changes rows of requests only (known_internal.h) */
	DB_VITAL, /* … of which a client has seen part already */
	DB_DURABLE, /* … and survives a power failure */
};

/*
 * Waits for the connection and begins a transaction. NULL with ERROR_FULL if it
 * waited in vain, with ERROR_SETUP if the file cannot be used, or is no longer
 * the one at its path. db_commit and db_abandon give the connection back.
 */
struct db *db_begin(struct store *s, enum db_mode mode, struct error *e);
bool db_commit(struct store *s, struct db *db, struct error *e);
void db_abandon(struct store *s, struct db *db);

/* Commits if `ok`, else abandons and leaves `e` alone. Whether it committed. */
bool db_end(struct store *s, struct db *db, bool ok, struct error *e);

/* Counts bytes that the transaction begins to keep for an API key, or ends to
 * keep if negative; they are added to its row at the end. */
void db_keep(struct db *db, int64_t key, int64_t bytes);

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
void query_blob(struct query *q, const void *v, size_t n);
void query_lease(struct query *q, const struct lease *l); /* three columns */
void query_null(struct query *q);

/* The next row; false at the end and on failure. */
bool query_row(struct query *q);

int query_columns(struct query *q);
bool query_is_text(struct query *q, int column);

/* Columns of the row, from 0; texts are copied into the arena. */
int64_t query_get_int(struct query *q, int column);
struct lease query_get_lease(struct query *q, int column); /* three columns */
const char *query_get_text(struct query *q, int column, struct arena *a);
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

#endif
