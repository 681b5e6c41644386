/* SPDX-License-Identifier: MIT */
/* The connection to the file: opened, set up, closed. */
#include "store/connection_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "store/folded_internal.h"
#include "store/log_file_internal.h"
#include "store/usage_digest_internal.h"

/* In KiB, with a minus. A request needs few pages, of which the system has a
 * copy, too. */
#define CACHE_SIZE "-1000"

/* Bytes that an empty log may take, after one that was long. */
#define LOG_SIZE "67108864"

#define LOOK_MS 50

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

void db_set_patience(struct db *db, int64_t ms)
{
	sqlite3_busy_timeout(db->handle, ms > 0 ? (int)ms : 0);
}

static bool add_functions(struct db *db, struct error *e)
{
	int code = lease_add_functions(&db->owners, db->handle);

	if (code == SQLITE_OK)
		code = folded_add_function(db->handle);
	if (code == SQLITE_OK)
		code = usage_digest_add_function(db->handle);
	return code == SQLITE_OK || db_error(db, code, e);
}

/* Only of a file that has nothing yet. */
#define SHRINKS "PRAGMA auto_vacuum = INCREMENTAL"

static bool is_empty(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size == 0;
}

struct db *db_open(const char *path, int64_t until, struct error *e)
{
	struct db *db = calloc(1, sizeof(*db));
	bool is_new = is_empty(path);
	int code;

	if (db == NULL)
		abort();
	known_init(&db->known);
	code = sqlite3_open_v2(
		path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		sqlite3_vfs_find(LOG_FILE_VFS) == NULL ? NULL : LOG_FILE_VFS);
	if (code != SQLITE_OK) {
		db_error(db, code, e);
	} else {
		lease_owners_init(&db->owners,
				  sqlite3_db_filename(db->handle, "main"),
				  LEASE_OWNERS_SUFFIX);
		db_set_patience(db, until - clock_ms());
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
				  1, NULL);
		if ((!is_new || db_execute(db, SHRINKS, e)) &&
		    db_execute(db,
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA foreign_keys = ON;"
			       "PRAGMA secure_delete = ON;"
			       "PRAGMA synchronous = NORMAL;"
			       "PRAGMA journal_size_limit = " LOG_SIZE ";"
			       "PRAGMA cache_size = " CACHE_SIZE,
			       e) &&
		    add_functions(db, e))
			return db;
	}
	db_close(db);
	return NULL;
}

struct db *db_open_to_look(const char *path)
{
	struct db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		abort();
	known_init(&db->known);
	if (sqlite3_open_v2(path, &db->handle,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
			    NULL) == SQLITE_OK) {
		db_set_patience(db, LOOK_MS);
		return db;
	}
	db_close(db);
	return NULL;
}

bool db_empty_log(struct db *db, int64_t wait_ms)
{
	db_set_patience(db, wait_ms);
	return sqlite3_wal_checkpoint_v2(db->handle, NULL,
					 SQLITE_CHECKPOINT_TRUNCATE, NULL,
					 NULL) == SQLITE_OK;
}

/* In WAL mode FULL adds one fsync to each commit, NORMAL none. */
bool db_set_durable(struct db *db, bool durable, struct error *e)
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
