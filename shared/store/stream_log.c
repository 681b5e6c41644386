/* SPDX-License-Identifier: MIT */
/* The events of streamed responses as rows, batch by batch. */
#include "store/stream_log.h"

#include "base/clock.h"
#include "store/space_internal.h"
#include "store/stream_log_internal.h"

/* A reader that polls more often than this does not write each time. */
#define FOLLOW_MS 1000

/* Where the next batch of a running response goes; `*key` is 0 if there is no
 * such response. */
static bool find_next(struct db *db, int64_t seq, int64_t *key,
		      int64_t *position, struct error *e)
{
	struct query q;

	*key = 0;
	query_open(&q, db, DB_STREAM_LOG_NEXT);
	query_int(&q, seq);
	if (query_row(&q)) {
		*key = query_get_int(&q, 0);
		*position = query_get_int(&q, 1);
	}
	return query_close(&q, e);
}

bool stream_log_add(struct db *db, int64_t seq, const char *batch,
		    struct error *e)
{
	int64_t key, position;
	struct query q;

	if (!find_next(db, seq, &key, &position, e))
		return false;
	if (key == 0)
		return true;
	query_open(&q, db, DB_STREAM_LOG_ADD);
	query_int(&q, seq);
	query_int(&q, position);
	query_text(&q, batch);
	db_keep(db, key, SPACE_ROW + space_of(batch));
	return query_run(&q, e);
}

struct addition {
	int64_t seq;
	const char *batch;
};

static bool add(struct db *db, void *ctx, struct error *e)
{
	const struct addition *a = ctx;

	return stream_log_add(db, a->seq, a->batch, e);
}

bool store_stream_log_add(struct store *s, int64_t seq, const char *batch,
			  struct error *e)
{
	struct addition a = { seq, batch };

	return db_run(s, DB_TURN, add, &a, e);
}

static bool read_state(struct db *db, int64_t seq, bool *running,
		       int64_t *read_at, struct error *e)
{
	struct query q;

	*running = false;
	*read_at = 0;
	query_open(&q, db, DB_STREAM_LOG_STATE);
	query_int(&q, seq);
	if (query_row(&q)) {
		*running = query_get_int(&q, 0) != 0;
		*read_at = query_get_int(&q, 1);
	}
	return query_close(&q, e);
}

static bool read_batches(struct db *db, int64_t seq,
			 struct store_stream_log *log, struct arena *a,
			 struct error *e)
{
	size_t room = 0;
	struct query q;

	log->n = 0;
	log->batches = NULL;
	query_open(&q, db, DB_STREAM_LOG_READ);
	query_int(&q, seq);
	query_int(&q, log->position);
	while (query_row(&q)) {
		log->batches = arena_grow(a, log->batches, &room, log->n + 1,
					  sizeof(*log->batches));
		log->position = query_get_int(&q, 0);
		log->batches[log->n++] = query_get_text(&q, 1, a);
	}
	return query_close(&q, e);
}

static bool note_reader(struct store *s, int64_t seq, struct error *e)
{
	struct db *db = db_begin(s, DB_TURN, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_STREAM_LOG_FOLLOW);
	query_int(&q, seq);
	query_int(&q, clock_ms());
	return db_end(s, db, query_run(&q, e), e);
}

bool store_stream_log_read(struct store *s, int64_t seq, bool follow,
			   struct store_stream_log *log, struct arena *a,
			   struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);
	int64_t read_at;

	if (db == NULL ||
	    !db_end(s, db,
		    read_state(db, seq, &log->running, &read_at, e) &&
			    read_batches(db, seq, log, a, e),
		    e))
		return false;
	return !follow || !log->running || clock_ms() - read_at < FOLLOW_MS ||
	       note_reader(s, seq, e);
}

bool store_stream_log_is_read(struct store *s, int64_t seq, int64_t ms,
			      bool *read, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);
	bool running;
	int64_t read_at;

	if (db == NULL ||
	    !db_end(s, db, read_state(db, seq, &running, &read_at, e), e))
		return false;
	*read = clock_ms() - read_at <= ms;
	return true;
}
