/* SPDX-License-Identifier: MIT */
/* Transactions: begun, shared, committed. */
#include "store/db_internal.h"

#include <assert.h>

#include "base/clock.h"
#include "base/thread.h"
#include "store/log_file_internal.h"

/* How long each waits, in ms. Whoever comes after one that waited in vain
 * waits less: a request makes several transactions. */
static const int64_t patience_ms[] = {
	[DB_CHECK] = 700,     [DB_LOOK] = 5000, [DB_READ] = 5000,
	[DB_WRITE] = 5000,    [DB_TURN] = 5000, [DB_VITAL] = 30000,
	[DB_DURABLE] = 10000, [DB_SPARE] = 0,
};
#define TIRED_MS 1000

/* After waiting this long for another process, a thread lets the others of this
 * process have their turn. */
#define STEP_MS 100
#define PAUSE_MS 1

static bool run(struct db *db, enum db_statement which, struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	return query_run(&q, e);
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
	db->joined = false;
	db->quiet = mode == DB_TURN || mode == DB_VITAL || mode == DB_SPARE;
	if (is_read(mode)) {
		db_set_patience(db, left_ms);
		known_check(&db->known, db->handle);
		return mode == DB_LOOK || run(db, DB_BEGIN_READ, e);
	}
	db_set_patience(db, left_ms < STEP_MS ? left_ms : STEP_MS);
	if (!db_set_durable(db, mode == DB_DURABLE, e) || !run(db, DB_BEGIN, e))
		return false;
	known_check(&db->known, db->handle);
	return true;
}

static bool in_transaction(const struct db *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

static void roll_back(struct db *db)
{
	struct fault fault = db->fault;
	struct error ignored;

	if (in_transaction(db))
		run(db, DB_ROLLBACK, &ignored);
	db->fault = fault;
	db->kept = 0;
}

/* Also for those who left it open. */
static bool commit(struct store *s, struct db *db, struct error *e)
{
	bool ok;

	log_file_collect(db->handle, true);
	ok = run(db, DB_COMMIT, e);
	log_file_collect(db->handle, false);
	if (ok)
		known_committed(&db->known, db->handle, db->quiet);
	else
		roll_back(db);
	group_end(&s->group, ok);
	if (ok && db->freed)
		slot_waits_wake(&s->waits);
	db->freed = false;
	return ok;
}

void db_settle(struct store *s)
{
	struct error ignored;
	bool ok;

	if (!s->group.open)
		return;
	s->db->fault.code = 0;
	ok = commit(s, s->db, &ignored);
	fault_log(&s->faults, &s->db->fault, ok);
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
	if (!group_is_awaited(&s->group))
		db_settle(s);
	pthread_mutex_unlock(&s->lock);
}

static int64_t wait_until(const struct store *s, enum db_mode mode)
{
	int64_t ms = patience_ms[mode];

	if (s->timed_out && mode < DB_VITAL && ms > TIRED_MS)
		ms = TIRED_MS;
	return clock_ms() + ms;
}

/* `joins`: those who have the connection may leave their transaction open. */
static bool take(struct store *s, int64_t until, bool joins, struct error *e)
{
	bool ok;

	if (joins)
		atomic_fetch_add(&s->group.coming, 1);
	ok = db_lock(s, until, e);
	if (joins)
		atomic_fetch_sub(&s->group.coming, 1);
	return ok;
}

static struct db *join(struct store *s, struct error *e)
{
	s->db->joined = true;
	if (run(s->db, DB_JOIN, e))
		return s->db;
	give_back(s, false);
	return NULL;
}

/* Of one that did not want to wait. */
static void forget_busy(struct db *db)
{
	if (db->fault.code == SQLITE_BUSY)
		db->fault.code = 0;
}

static struct db *begin_as(struct store *s, enum db_mode mode, bool joins,
			   struct error *e)
{
	int64_t until = wait_until(s, mode), left;
	bool usable;

	while (take(s, until, joins, e)) {
		if (joins && s->group.open)
			return join(s, e);
		db_settle(s);
		usable = s->usable(s, until, e);
		left = until - clock_ms();
		if (usable && begin(s->db, mode, left, e)) {
			/* Who reads does not wait for those who write. */
			if (!is_read(mode))
				s->timed_out = false;
			return s->db;
		}
		if (usable && mode == DB_SPARE)
			forget_busy(s->db);
		if (!usable || s->db->fault.code != SQLITE_BUSY || left <= 0) {
			give_back(s, false);
			return NULL;
		}
		pthread_mutex_unlock(&s->lock);
		clock_sleep_ms(PAUSE_MS);
	}
	return NULL;
}

struct db *db_begin(struct store *s, enum db_mode mode, struct error *e)
{
	return begin_as(s, mode, false, e);
}

void db_keep(struct db *db, int64_t key, int64_t bytes)
{
	assert(db->kept == 0 || db->key == key);
	db->key = key;
	db->kept += bytes;
}

bool db_write_kept(struct db *db, struct error *e)
{
	struct query q;

	if (db->kept == 0)
		return true;
	query_open(&q, db, DB_KEY_KEEP);
	query_int(&q, db->key);
	query_int(&q, db->kept);
	db->kept = 0;
	return query_run(&q, e);
}

bool db_commit(struct store *s, struct db *db, struct error *e)
{
	bool wrote = sqlite3_txn_state(db->handle, NULL) == SQLITE_TXN_WRITE;

	if (in_transaction(db) &&
	    (!db_write_kept(db, e) || !commit(s, db, e))) {
		db_abandon(s, db);
		return false;
	}
	give_back(s, wrote);
	return true;
}

void db_abandon(struct store *s, struct db *db)
{
	roll_back(db);
	give_back(s, false);
}

bool db_end(struct store *s, struct db *db, bool ok, struct error *e)
{
	if (ok)
		return db_commit(s, db, e);
	db_abandon(s, db);
	return false;
}

static void unlock(void *ctx)
{
	struct store *s = ctx;

	pthread_mutex_unlock(&s->lock);
}

/* Whoever was to come has lost its patience: then nobody else commits. */
static void look(void *ctx)
{
	struct store *s = ctx;

	pthread_mutex_lock(&s->lock);
	if (!group_is_awaited(&s->group))
		db_settle(s);
	pthread_mutex_unlock(&s->lock);
}

/* `*lost`: with those of others, and perhaps by their fault. */
static bool share(struct store *s, struct db *db, bool *lost, struct error *e)
{
	bool joined = db->joined, ok;

	if (group_is_awaited(&s->group)) {
		ok = group_wait(&s->group, unlock, look, s);
		*lost = !ok;
		return ok;
	}
	ok = commit(s, db, e);
	*lost = !ok && joined;
	give_back(s, ok);
	return ok;
}

/* Undoes this part of a shared transaction. SQLite may have ended it. */
static bool undo(struct db *db)
{
	struct error ignored;

	return in_transaction(db) && run(db, DB_JOIN_ROLLBACK, &ignored) &&
	       run(db, DB_JOIN_END, &ignored);
}

static void leave(struct store *s, struct db *db, bool *lost)
{
	struct fault fault = db->fault;

	if (!db->joined || !undo(db)) {
		roll_back(db);
		group_end(&s->group, false);
		*lost = db->joined;
	}
	db->fault = fault;
	db->kept = 0;
	give_back(s, false);
}

bool db_run(struct store *s, enum db_mode mode,
	    bool (*work)(struct db *db, void *ctx, struct error *e), void *ctx,
	    struct error *e)
{
	struct db *db = begin_as(s, mode, true, e);
	bool lost = false;

	if (db == NULL)
		return false;
	if (!work(db, ctx, e) || !db_write_kept(db, e) ||
	    (db->joined && !run(db, DB_JOIN_END, e)))
		leave(s, db, &lost);
	else if (share(s, db, &lost, e))
		return true;
	if (!lost)
		return false;
	db = begin_as(s, mode, false, e);
	return db != NULL && db_end(s, db, work(db, ctx, e), e);
}
