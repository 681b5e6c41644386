/* SPDX-License-Identifier: MIT */
/* Deletes all that an API key has, part by part. */
#include "store/key_data.h"

#include "base/clock.h"
#include "store/erase_internal.h"
#include "store/running_read_internal.h"

/* Between parts, so that other processes have their turn. */
#define PAUSE_MS 2

/* The last request that was looked at. */
struct place {
	struct erasure erasure;
	int64_t seq, started_at;
};

static bool first_of(struct place *p, enum db_statement which, int64_t *id,
		     struct error *e)
{
	struct query q;

	query_open(&q, p->erasure.db, which);
	query_int(&q, p->erasure.key);
	return query_first_int(&q, id, e);
}

static bool still_runs(struct error *e)
{
	return error_set(e, ERROR_BUSY,
			 "A request with this API key is still running: try "
			 "again when it has ended.");
}

static bool check_rows(struct place *p, struct error *e)
{
	int64_t runs;

	return first_of(p, DB_KEY_RUNS, &runs, e) &&
	       (runs == 0 || still_runs(e));
}

static bool is_noted(struct db *db, int64_t key, bool *is, struct error *e)
{
	struct arena scratch;
	struct query q;

	*is = false;
	arena_init(&scratch);
	query_open(&q, db, DB_KEY_FINGERPRINT);
	query_int(&q, key);
	if (query_row(&q))
		*is = running_any_of(db->running,
				     query_get_text(&q, 0, &scratch));
	arena_fini(&scratch);
	return query_close(&q, e);
}

/* Most requests have no row in their first second. */
static bool check_notes(struct store *s, int64_t key, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);
	bool noted;

	return db != NULL && db_end(s, db, is_noted(db, key, &noted, e), e) &&
	       (!noted || still_runs(e));
}

static bool next_request(struct place *p, int64_t *seq, int64_t *started_at,
			 struct error *e)
{
	struct query q;

	*seq = 0;
	query_open(&q, p->erasure.db, DB_KEY_REQUEST_AFTER);
	query_int(&q, p->erasure.key);
	query_int(&q, p->started_at);
	query_int(&q, p->seq);
	if (query_row(&q)) {
		*seq = query_get_int(&q, 0);
		*started_at = query_get_int(&q, 1);
	}
	return query_close(&q, e);
}

/* The four kinds of parts. Each says by `whole` whether none is left. */

static bool erase_a_conversation(struct place *p, struct error *e)
{
	int64_t id;

	if (!first_of(p, DB_KEY_CONVERSATION, &id, e))
		return false;
	p->erasure.whole = id == 0;
	if (p->erasure.whole)
		return true;
	if (!erase_conversation(&p->erasure, id, e))
		return false;
	p->erasure.whole = false;
	return true;
}

static bool erase_requests(struct place *p, struct error *e)
{
	struct erasure *r = &p->erasure;
	int64_t end = r->rows + ERASE_ROWS, seq, started_at;

	for (int looks = 0; looks < ERASE_ROWS && r->rows < end; looks++) {
		if (!next_request(p, &seq, &started_at, e))
			return false;
		r->whole = seq == 0;
		if (r->whole)
			return true;
		if (!erase_request(r, seq, e))
			return false;
		if (!r->whole)
			return true;
		p->seq = seq;
		p->started_at = started_at;
	}
	r->whole = false;
	return true;
}

static bool erase_a_file(struct place *p, struct error *e)
{
	int64_t seq, content = 0;
	struct query q;

	query_open(&q, p->erasure.db, DB_KEY_FILE);
	query_int(&q, p->erasure.key);
	seq = query_row(&q) ? query_get_int(&q, 0) : 0;
	if (seq != 0)
		content = query_get_int(&q, 1);
	p->erasure.whole = seq == 0;
	return query_close(&q, e) &&
	       (seq == 0 || erase_file(&p->erasure, seq, content, e));
}

static bool erase_some_bytes(struct place *p, struct error *e)
{
	return erase_bytes(&p->erasure, e);
}

static bool erase_part(struct store *s, struct place *p,
		       bool (*part)(struct place *p, struct error *e),
		       struct error *e)
{
	p->erasure.db = db_begin(s, DB_WRITE, e);
	return p->erasure.db != NULL &&
	       db_end(s, p->erasure.db, check_rows(p, e) && part(p, e), e);
}

bool store_key_data_delete(struct store *s, int64_t key,
			   void (*progress)(void *ctx, int64_t rows), void *ctx,
			   struct error *e)
{
	static bool (*const parts[])(struct place * p, struct error * e) = {
		erase_a_conversation,
		erase_requests,
		erase_a_file,
		erase_some_bytes,
	};
	struct place p = { .erasure.key = key, .started_at = INT64_MIN };

	if (!check_notes(s, key, e))
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		do {
			if (!erase_part(s, &p, parts[i], e))
				return false;
			if (progress != NULL)
				progress(ctx, p.erasure.rows);
			clock_sleep_ms(PAUSE_MS);
		} while (!p.erasure.whole);
	store_empty_log(s);
	return true;
}

static bool read_at_kimi(struct db *db, int64_t key,
			 struct store_at_kimi **list, size_t *n,
			 struct arena *a, struct error *e)
{
	size_t room = 0;
	struct query q;

	*n = 0;
	*list = NULL;
	query_open(&q, db, DB_KEY_AT_KIMI);
	query_int(&q, key);
	while (query_row(&q)) {
		*list = arena_grow(a, *list, &room, *n + 1, sizeof(**list));
		(*list)[(*n)++] = (struct store_at_kimi){
			.kind = query_get_text(&q, 0, a),
			.credential = query_get_text(&q, 1, a),
			.id = query_get_text(&q, 2, a),
		};
	}
	return query_close(&q, e);
}

bool store_key_at_kimi(struct store *s, int64_t key,
		       struct store_at_kimi **list, size_t *n, struct arena *a,
		       struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL &&
	       db_end(s, db, read_at_kimi(db, key, list, n, a, e), e);
}
