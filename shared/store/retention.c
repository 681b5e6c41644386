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

/* Between those of a command, so that others have their turn. */
#define PAUSE_MS 5

/* Pages of a log that somebody keeps from being emptied: 16 MiB. */
#define LONG_LOG 4096

static struct pruning_step step_by(const struct store_retention *r)
{
	return (struct pruning_step){ .keep_ms = r->keep_ms,
				      .max_bytes = r->max_bytes };
}

/* --- When --- */

static bool move(struct pruning_step *s, struct error *e)
{
	struct query q;

	query_open(&q, s->db, DB_PRUNING_MOVE);
	query_int(&q, clock_wall_ms() + (s->more ? SOON_MS : LATER_MS));
	query_int(&q, s->request);
	return query_run(&q, e);
}

static bool take_step(struct pruning_step *s, struct error *e)
{
	return pruning_step_take(s, e) && move(s, e);
}

/* A step that is due later than any can be is of before the clock was set
 * back. */
static bool read_state(struct db *db, int64_t *wait_ms, int64_t *request,
		       struct error *e)
{
	struct query q;

	*wait_ms = *request = 0;
	query_open(&q, db, DB_PRUNING);
	if (query_row(&q)) {
		*wait_ms = query_get_int(&q, 0) - clock_wall_ms();
		*request = query_get_int(&q, 1);
	}
	if (*wait_ms > LATER_MS)
		*wait_ms = 0;
	return query_close(&q, e);
}

/* This process does not look again before that. */
static void wait_for(struct store *s, int64_t ms)
{
	atomic_store(&s->prune_ms, clock_ms() + (ms > 0 ? ms : 0));
}

bool store_prune_is_due(struct store *s)
{
	int64_t wait, request;
	struct error ignored;
	struct db *db;

	if (clock_ms() < atomic_load(&s->prune_ms) ||
	    (db = db_begin(s, DB_LOOK, &ignored)) == NULL)
		return false;
	if (!db_end(s, db, read_state(db, &wait, &request, &ignored), &ignored))
		return false;
	wait_for(s, wait);
	return wait <= 0;
}

/* Every commit makes it longer while a reader needs what it began with. */
static bool has_long_log(struct db *db)
{
	struct wal_index index;

	return wal_index_read(db->handle, &index) &&
	       wal_index_frames(&index) >= LONG_LOG;
}

/* With the transaction; `*wait_ms` until the next step. */
static bool prune(struct pruning_step *s, int64_t *wait_ms, struct error *e)
{
	if (!read_state(s->db, wait_ms, &s->request, e))
		return false;
	if (*wait_ms > 0)
		return true;
	if (has_long_log(s->db)) {
		*wait_ms = RETRY_MS;
		return true;
	}
	if (!take_step(s, e))
		return false;
	*wait_ms = s->more ? SOON_MS : LATER_MS;
	return true;
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
	struct pruning_step step = step_by(r);
	int64_t wait = SOON_MS;
	struct error ignored;

	if (clock_ms() < atomic_load(&s->prune_ms))
		return;
	wait_for(s, SOON_MS); /* one thread is enough */
	step.db = db_begin(s, DB_SPARE, &ignored);
	if (step.db != NULL &&
	    !db_end(s, step.db, prune(&step, &wait, &ignored), &ignored))
		wait = LATER_MS;
	if (step.rows > 0)
		atomic_store(&s->pruned, true);
	if (!step.more)
		clean_log(s, &wait);
	wait_for(s, wait);
}

/* --- All at once --- */

static bool prune_now(struct store *s, struct pruning_step *step,
		      struct error *e)
{
	int64_t ignored;

	step->db = db_begin(s, DB_WRITE, e);
	return step->db != NULL &&
	       db_end(s, step->db,
		      read_state(step->db, &ignored, &step->request, e) &&
			      take_step(step, e),
		      e);
}

bool store_prune_all(struct store *s, const struct store_retention *r,
		     void (*progress)(void *ctx, int64_t rows), void *ctx,
		     int64_t *rows, struct error *e)
{
	struct pruning_step step;

	*rows = 0;
	do {
		step = step_by(r);
		if (!prune_now(s, &step, e))
			return false;
		*rows += step.rows;
		if (progress != NULL)
			progress(ctx, *rows);
		if (step.more)
			clock_sleep_ms(PAUSE_MS);
	} while (step.more);
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
