/* SPDX-License-Identifier: MIT */
/* Deletes what is too old, or too much, in steps that nobody notices. */
#include "store/retention.h"

#include "base/clock.h"
#include "store/pruning_step_internal.h"
#include "store/wal_index_internal.h"

/* Between steps, when there is more to do and when there is not. */
#define SOON_MS 50
#define LATER_MS (10 * 60 * INT64_C(1000))

/* Until the log is looked at again that somebody kept. */
#define RETRY_MS 1000

/* Between lines in the log that say the same. */
#define TELL_MS (24 * 60 * 60 * INT64_C(1000))

/* Between those of a command, so that others have their turn. */
#define PAUSE_MS 5

/* Pages of a log that somebody keeps from being emptied: 16 MiB. */
#define LONG_LOG 4096

/* What the table says, and a step. */
struct pruning {
	struct pruning_step step;
	int64_t wait_ms; /* until the next step */
	int64_t told_ms; /* clock_wall_ms of the last line in the log */
	bool tells;	 /* another one */
};

static struct pruning pruning_by(const struct store_retention *r)
{
	return (struct pruning){ .step.keep_ms = r->keep_ms,
				 .step.max_bytes = r->max_bytes,
				 .wait_ms = SOON_MS };
}

/* --- When --- */

/* A step that is due later than any can be is of before the clock was set
 * back. */
static bool read_state(struct db *db, struct pruning *p, struct error *e)
{
	struct query q;

	p->wait_ms = 0;
	query_open(&q, db, DB_PRUNING);
	if (query_row(&q)) {
		p->wait_ms = query_get_int(&q, 0) - clock_wall_ms();
		p->step.request = query_get_int(&q, 1);
		p->told_ms = query_get_int(&q, 2);
	}
	if (p->wait_ms > LATER_MS)
		p->wait_ms = 0;
	return query_close(&q, e);
}

static bool take_step(struct pruning *p, struct error *e)
{
	int64_t now = clock_wall_ms();
	struct query q;

	if (!pruning_step_take(&p->step, e))
		return false;
	p->wait_ms = p->step.more ? SOON_MS : LATER_MS;
	p->tells = p->step.full &&
		   (now < p->told_ms || now - p->told_ms >= TELL_MS);
	query_open(&q, p->step.db, DB_PRUNING_MOVE);
	query_int(&q, now + p->wait_ms);
	query_int(&q, p->step.request);
	query_int(&q, p->tells ? now : p->told_ms);
	return query_run(&q, e);
}

/* This process does not look again before that. */
static void wait_for(struct store *s, int64_t ms)
{
	atomic_store(&s->prune_ms, clock_ms() + (ms > 0 ? ms : 0));
}

bool store_prune_is_due(struct store *s)
{
	struct pruning p;
	struct error ignored;
	struct db *db;

	if (clock_ms() < atomic_load(&s->prune_ms) ||
	    (db = db_begin(s, DB_LOOK, &ignored)) == NULL)
		return false;
	if (!db_end(s, db, read_state(db, &p, &ignored), &ignored))
		return false;
	wait_for(s, p.wait_ms);
	return p.wait_ms <= 0;
}

/* Every commit makes it longer while a reader needs what it began with. */
static bool has_long_log(struct db *db)
{
	struct wal_index index;

	return wal_index_read(db->handle, &index) &&
	       wal_index_frames(&index) >= LONG_LOG;
}

static bool prune(struct pruning *p, struct error *e)
{
	if (!read_state(p->step.db, p, e))
		return false;
	if (p->wait_ms > 0)
		return true;
	if (has_long_log(p->step.db)) {
		p->wait_ms = RETRY_MS;
		return true;
	}
	return take_step(p, e);
}

static void tell(const struct store *s)
{
	fault_log_error(&s->faults,
			"The database stays larger than KIMI_MAX_DB: what is "
			"left is of the last hour, or is never deleted, such "
			"as the rows of requests. Raise that setting.");
}

/* It still has what was deleted. Others may need it: then it stays. */
static bool try_to_empty_log(struct store *s)
{
	struct error ignored;
	bool ok;

	if (!db_lock(s, clock_ms(), &ignored))
		return false;
	db_settle(s);
	ok = s->db != NULL && db_empty_log(s->db, 0);
	pthread_mutex_unlock(&s->lock);
	return ok;
}

/* Once nothing more is deleted. `*wait_ms` becomes less if it has to be tried
 * again. */
static void clean_log(struct store *s, int64_t *wait_ms)
{
	if (!atomic_load(&s->pruned))
		return;
	if (try_to_empty_log(s))
		atomic_store(&s->pruned, false);
	else if (*wait_ms > RETRY_MS)
		*wait_ms = RETRY_MS;
}

void store_prune(struct store *s, const struct store_retention *r)
{
	struct pruning p = pruning_by(r);
	struct error ignored;
	struct db *db;

	if (clock_ms() < atomic_load(&s->prune_ms))
		return;
	wait_for(s, SOON_MS); /* one thread is enough */
	p.step.db = db = db_begin(s, DB_SPARE, &ignored);
	if (db != NULL && !db_end(s, db, prune(&p, &ignored), &ignored))
		p.wait_ms = LATER_MS;
	else if (p.tells)
		tell(s);
	if (p.step.rows > 0)
		atomic_store(&s->pruned, true);
	if (!p.step.more)
		clean_log(s, &p.wait_ms);
	wait_for(s, p.wait_ms);
}

/* --- All at once --- */

static bool prune_now(struct store *s, struct pruning *p, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	p->step.db = db;
	return db != NULL &&
	       db_end(s, db, read_state(db, p, e) && take_step(p, e), e);
}

bool store_prune_all(struct store *s, const struct store_retention *r,
		     void (*progress)(void *ctx, int64_t rows), void *ctx,
		     struct store_prune_result *result, struct error *e)
{
	struct pruning p;

	result->rows = 0;
	do {
		p = pruning_by(r);
		if (!prune_now(s, &p, e))
			return false;
		result->rows += p.step.rows;
		if (progress != NULL)
			progress(ctx, result->rows);
		if (p.step.more)
			clock_sleep_ms(PAUSE_MS);
	} while (p.step.more);
	result->full = p.step.full;
	store_empty_log(s);
	return true;
}

static bool count(struct db *db, int64_t before, struct store_pruned *p,
		  struct error *e)
{
	struct query q;

	query_open(&q, db, DB_PRUNING_COUNT);
	query_int(&q, before);
	if (query_row(&q))
		*p = (struct store_pruned){
			.requests = query_get_int(&q, 0),
			.conversations = query_get_int(&q, 1),
			.files = query_get_int(&q, 2),
		};
	return query_close(&q, e);
}

bool store_prune_count(struct store *s, const struct store_retention *r,
		       struct store_pruned *p, struct error *e)
{
	int64_t before = r->keep_ms == 0 ? 0 : clock_wall_ms() - r->keep_ms;
	struct db *db = db_begin(s, DB_LOOK, e);

	*p = (struct store_pruned){ 0 };
	return db != NULL && db_end(s, db, count(db, before, p, e), e);
}
