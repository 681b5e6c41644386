/* SPDX-License-Identifier: MIT */
/* Deletes a little of what is too old, or too much, the oldest first. */
#include "store/pruning_step_internal.h"

#include "base/clock.h"
#include "store/erase_internal.h"
#include "store/interrupted_internal.h"
#include "store/usage_sums_internal.h"

#define HOUR_MS (60 * 60 * INT64_C(1000))

/* What clients have just got is not deleted, however much it is. */
#define RECENT_MS HOUR_MS

/* Of a step: rows deleted, rows looked at, pages that became free. */
#define STEP_ROWS 100
#define STEP_LOOKS 1000
#define STEP_PAGES 128

/* Pages: so many are taken from the end of the file in a step, and so many free
 * ones may stay for new rows. */
#define SHRINK "PRAGMA incremental_vacuum(64)"
#define SPARE_PAGES 256

enum kind { KIND_REQUEST, KIND_CONVERSATION, KIND_FILE, KIND_QUARTER, KINDS };

/* The oldest one of a kind that may have to go. */
struct head {
	int64_t at; /* INT64_MAX: there is none */
	int64_t id, key, extra;
	bool stays; /* its text goes with its conversation */
};

struct step {
	struct pruning_step *of;
	struct erasure erasure;
	struct head heads[KINDS];
	int64_t now, page; /* bytes of one */
	int64_t looks, free_before;
};

/* --- The oldest of each kind --- */

static bool find_request(struct step *s, struct head *h, struct error *e)
{
	struct query q;

	query_open(&q, s->erasure.db, DB_REQUEST_AFTER);
	query_int(&q, s->of->request);
	query_int(&q, s->now);
	/* What follows one that is running waits for it. */
	if (query_row(&q) && query_get_int(&q, 4) == 0) {
		h->id = query_get_int(&q, 0);
		h->at = query_get_int(&q, 1);
		h->key = query_get_int(&q, 2);
		h->stays = query_get_int(&q, 3) != 0;
	}
	return query_close(&q, e);
}

static bool find_conversation(struct step *s, struct head *h, struct error *e)
{
	struct query q;

	query_open(&q, s->erasure.db, DB_CONVERSATION_OLDEST);
	if (query_row(&q)) {
		h->id = query_get_int(&q, 0);
		h->at = query_get_int(&q, 1);
		h->key = query_get_int(&q, 2);
	}
	return query_close(&q, e);
}

/* Bytes that no file has any more are older than any file. */
static bool find_file(struct step *s, struct head *h, struct error *e)
{
	struct query q;
	int64_t unfinished;

	if (!query_read_int(s->erasure.db, DB_FILE_CONTENT_UNFINISHED,
			    &unfinished, e))
		return false;
	if (unfinished != 0) {
		h->at = 0;
		return true;
	}
	query_open(&q, s->erasure.db, DB_FILE_OLDEST);
	query_int(&q, s->now);
	if (query_row(&q)) {
		h->id = query_get_int(&q, 0);
		h->at = query_get_int(&q, 1);
		h->extra = query_get_int(&q, 2);
	}
	return query_close(&q, e);
}

static bool find_quarter(struct step *s, struct head *h, struct error *e)
{
	int64_t at;

	if (!query_read_int(s->erasure.db, DB_USAGE_QUARTERS_OLDEST, &at, e))
		return false;
	if (at != 0)
		h->id = h->at = at;
	return true;
}

static bool find(struct step *s, enum kind kind, struct error *e)
{
	static bool (*const finders[])(struct step *, struct head *,
				       struct error *) = {
		[KIND_REQUEST] = find_request,
		[KIND_CONVERSATION] = find_conversation,
		[KIND_FILE] = find_file,
		[KIND_QUARTER] = find_quarter,
	};

	s->heads[kind] = (struct head){ .at = INT64_MAX };
	return finders[kind](s, &s->heads[kind], e);
}

/* --- What has to go --- */

static bool is_too_much(struct step *s, bool *is, struct error *e)
{
	int64_t pages, free;

	*is = false;
	if (s->of->max_bytes == 0)
		return true;
	if (!query_read_int(s->erasure.db, DB_PAGES, &pages, e) ||
	    !query_read_int(s->erasure.db, DB_FREE_PAGES, &free, e))
		return false;
	*is = (pages - free) * s->page > s->of->max_bytes;
	return true;
}

static bool is_too_old(const struct step *s, enum kind kind)
{
	int64_t age = s->now - s->heads[kind].at;

	if (s->heads[kind].at == INT64_MAX)
		return false;
	if (kind == KIND_QUARTER)
		return age >= USAGE_QUARTERS_MS;
	return (s->of->keep_ms != 0 && age >= s->of->keep_ms) ||
	       (kind == KIND_FILE && s->heads[kind].id == 0);
}

/* KINDS: nothing has to go. Quarters are never too much. */
static bool choose(struct step *s, enum kind *kind, struct error *e)
{
	enum kind oldest = KIND_REQUEST;
	bool too_much;

	for (*kind = KIND_REQUEST; *kind < KINDS; ++*kind)
		if (is_too_old(s, *kind))
			return true;
	for (enum kind k = KIND_REQUEST; k < KIND_QUARTER; k++)
		if (s->heads[k].at < s->heads[oldest].at)
			oldest = k;
	if (!is_too_much(s, &too_much, e))
		return false;
	if (too_much && s->heads[oldest].at < s->now - RECENT_MS)
		*kind = oldest;
	s->of->full = too_much && *kind == KINDS;
	return true;
}

/* --- A step --- */

/* Of a request in a conversation only the errors go: the rest goes with that. */
static bool erase_oldest_request(struct step *s, struct error *e)
{
	const struct head *h = &s->heads[KIND_REQUEST];

	s->erasure.whole = true;
	if (h->stays ? !erase_errors(&s->erasure, h->id, e) :
		       !erase_response_chain(&s->erasure, h->id, e))
		return false;
	if (s->erasure.whole)
		s->of->request = h->id;
	return true;
}

static bool erase_oldest_file(struct step *s, struct error *e)
{
	const struct head *h = &s->heads[KIND_FILE];

	return h->id == 0 ? erase_bytes(&s->erasure, e) :
			    erase_file(&s->erasure, h->id, h->extra, e);
}

static bool erase_oldest_quarter(struct step *s, struct error *e)
{
	if (!query_run_on(s->erasure.db, DB_USAGE_QUARTERS_DELETE,
			  s->heads[KIND_QUARTER].id, e))
		return false;
	s->erasure.rows += db_changes(s->erasure.db);
	return true;
}

static bool erase(struct step *s, enum kind kind, struct error *e)
{
	bool ok = false;

	s->looks++;
	s->erasure.key = s->heads[kind].key;
	switch (kind) {
	case KIND_REQUEST:
		ok = erase_oldest_request(s, e);
		break;
	case KIND_CONVERSATION:
		ok = erase_conversation(&s->erasure, s->heads[kind].id, e);
		break;
	case KIND_FILE:
		ok = erase_oldest_file(s, e);
		break;
	case KIND_QUARTER:
		ok = erase_oldest_quarter(s, e);
		break;
	case KINDS:
		break;
	}
	return ok && db_write_kept(s->erasure.db, e) && find(s, kind, e);
}

static bool is_enough(struct step *s, bool *enough, struct error *e)
{
	int64_t free;

	if (!query_read_int(s->erasure.db, DB_FREE_PAGES, &free, e))
		return false;
	*enough = s->erasure.rows >= STEP_ROWS || s->looks >= STEP_LOOKS ||
		  free - s->free_before >= STEP_PAGES;
	return true;
}

static bool erase_some(struct step *s, struct error *e)
{
	enum kind kind;

	for (s->of->more = false; !s->of->more;) {
		if (!choose(s, &kind, e))
			return false;
		if (kind == KINDS)
			return true;
		if (!erase(s, kind, e) || !is_enough(s, &s->of->more, e))
			return false;
	}
	return true;
}

/* Pages at the end take the place of free ones before them, if the file was made
 * for that. */
static bool shrink(struct step *s, struct error *e)
{
	int64_t before, after;

	if (!query_read_int(s->erasure.db, DB_FREE_PAGES, &before, e))
		return false;
	if (before <= SPARE_PAGES)
		return true;
	if (!db_execute(s->erasure.db, SHRINK, e) ||
	    !query_read_int(s->erasure.db, DB_FREE_PAGES, &after, e))
		return false;
	s->of->more |= after < before && after > SPARE_PAGES;
	return true;
}

static bool begin(struct step *s, struct error *e)
{
	struct db *db = s->erasure.db;

	s->now = clock_wall_ms();
	if (!interrupted_close_now_and_then(db, e) || !db_write_kept(db, e) ||
	    !query_read_int(db, DB_PAGE_SIZE, &s->page, e) ||
	    !query_read_int(db, DB_FREE_PAGES, &s->free_before, e))
		return false;
	for (int kind = 0; kind < KINDS; kind++)
		if (!find(s, (enum kind)kind, e))
			return false;
	return true;
}

bool pruning_step_take(struct pruning_step *of, struct error *e)
{
	struct step s = { .of = of, .erasure.db = of->db };
	bool ok = begin(&s, e) && erase_some(&s, e) && shrink(&s, e);

	of->rows = s.erasure.rows;
	return ok;
}
