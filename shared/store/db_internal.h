/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_INTERNAL_H
#define STORE_DB_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/fault_internal.h"
#include "store/group_internal.h"
#include "store/query_internal.h"
#include "store/rotation_numbers_internal.h"
#include "store/running_file_internal.h"
#include "store/slot_wait_internal.h"

/* Private to the store: the file, and transactions in it. */
struct store {
	pthread_mutex_t lock; /* held for a transaction */
	struct db *db;	      /* NULL: the file was replaced and is no good */
	char *path;
	/* Whether `db` is still the file at the path (replaced_internal.h). */
	bool (*usable)(struct store *s, int64_t until, struct error *e);
	struct stat wal, shm; /* the files beside it, as they were opened */
	struct fault_log faults;
	struct rotation_numbers numbers;
	struct group group;
	struct slot_waits waits;
	struct running_file running;
	atomic_llong summed_up_ms; /* clock_ms of the last refusals_sum_up */
	atomic_bool timed_out;	   /* the last one that waited for it */
	atomic_llong usable_ms; /* clock_ms of the last store_check that held */
	atomic_llong prune_ms;	/* clock_ms: not before (retention.h) */
	atomic_bool pruned;	/* what the log may still have */
};

/* Takes the lock, or gives up at `until` (clock_ms) with ERROR_FULL. */
bool db_lock(struct store *s, int64_t until, struct error *e);

/* With the lock: commits what other threads have left open. */
void db_settle(struct store *s);

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
	DB_TURN,  /* … and changes nothing that is known (known_internal.h) */
	DB_VITAL, /* … of which a client or Kimi has seen part already */
	DB_DURABLE, /* … and survives a power failure */
	DB_SPARE,   /* a DB_TURN that waits for nobody: it can be done later */
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

/*
 * Runs `work` in a transaction of a turn, which may share its commit with those
 * of other threads; true once that is done. If the shared one is lost by
 * another's fault, `work` is run again in one of its own: whatever it fills, it
 * fills from the start.
 */
bool db_run(struct store *s, enum db_mode mode,
	    bool (*work)(struct db *db, void *ctx, struct error *e), void *ctx,
	    struct error *e);

/* Counts bytes that the transaction begins to keep for an API key, or ends to
 * keep if negative; they are added to its row at the end, or by db_write_kept
 * before those of another key are counted. */
void db_keep(struct db *db, int64_t key, int64_t bytes);
bool db_write_kept(struct db *db, struct error *e);

#endif
