/* SPDX-License-Identifier: MIT */
#ifndef STORE_CONNECTION_INTERNAL_H
#define STORE_CONNECTION_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"
#include "statements.h"
#include "store/fault_internal.h"
#include "store/known_internal.h"
#include "store/lease_internal.h"

/*
 * Private to the store: the connection, with the statements of sql/queries.sql.
 * A statement is prepared when it is first used: a CGI process needs few of
 * them, and a test prepares all.
 */
struct db {
	sqlite3 *handle;
	sqlite3_stmt *statements[DB_STATEMENTS];
	bool durable; /* commits wait for the disk */
	bool moved;   /* from its path, and has all of its log */
	struct fault fault;
	struct lease_owners owners;
	struct running_file *running; /* the store's */
	struct known known;
	bool joined; /* this transaction is a part of one (group_internal.h) */
	bool quiet;  /* this transaction changes nothing that is known */
	bool freed;  /* a slot that somebody waits for */
	int64_t key, kept;  /* of this transaction: see db_keep */
	int64_t expired_ms; /* clock_ms: interrupted_close was called */
};

/*
 * A connection to an existing file; waits until `until` (clock_ms) for those
 * who lock it. NULL on failure, with ERROR_SETUP or ERROR_FULL.
 */
struct db *db_open(const char *path, int64_t until, struct error *e);

/* One that only reads, and makes nothing; NULL if that cannot be. */
struct db *db_open_to_look(const char *path);
void db_close(struct db *db);

/* Runs SQL text outside of the prepared statements. */
bool db_execute(struct db *db, const char *sql, struct error *e);

/* Always false: the error of an SQLite result code (fault_internal.h). */
bool db_error(struct db *db, int code, struct error *e);

/* A usual wait for those who use the log. */
#define DB_LOG_WAIT_MS 500

/* Empties the write-ahead log. Waits for other processes for `wait_ms`; if they
 * are still using it, it stays: false. */
bool db_empty_log(struct db *db, int64_t wait_ms);

/* How long SQLite waits for other processes. */
void db_set_patience(struct db *db, int64_t ms);

/* Whether commits wait for the disk. */
bool db_set_durable(struct db *db, bool durable, struct error *e);

#endif
