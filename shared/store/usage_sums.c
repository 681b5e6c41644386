/* SPDX-License-Identifier: MIT */
/* Adds requests to the sums of usage. */
#include "store/usage_sums_internal.h"

#include "base/clock.h"
#include "store/usage_bounds.h"

static const char *text_of(const char *s)
{
	return s == NULL ? "" : s;
}

static void put_usage(struct query *q, const struct chat_usage *u)
{
	query_int(q, u->prompt);
	query_int(q, u->completion);
	query_int(q, u->cached);
	query_int(q, u->cache_write);
	query_int(q, u->cache_write_1h);
	query_int(q, u->reasoning);
	query_int(q, u->searches);
}

/* -1: it has none. */
static void put_latency(struct query *q, int64_t ms)
{
	query_int(q, ms >= 0);
	query_int(q, ms >= 0 ? ms : 0);
	for (size_t i = 0; i < USAGE_BOUNDS; i++)
		query_int(q, ms >= 0 && ms <= usage_bounds_ms[i]);
}

/* A request, in the order of the columns of the sums. */
static bool run(struct db *db, enum db_statement which,
		const struct store_turn *t, const struct store_outcome *o,
		int64_t n, struct error *e)
{
	bool refused = o->status == STORE_REFUSED;
	struct query q;

	query_open(&q, db, which);
	query_int(&q, t->started_ms / USAGE_QUARTER_MS * USAGE_QUARTER_MS);
	query_int(&q, t->key_row);
	query_text(&q, refused ? "" : t->model);
	query_text(&q, text_of(o->service));
	query_text(&q, text_of(o->credential_label));
	query_text(&q, chat_usage_source_name(o->usage.source));
	query_text(&q, text_of(o->cost.currency));
	query_text(&q, text_of(o->cost.list_currency));
	query_int(&q, n);
	query_int(&q, o->status != STORE_DONE && !refused ? n : 0);
	query_int(&q, refused ? n : 0);
	query_int(&q, o->usage.source != CHAT_USAGE_NONE &&
			      o->cost.currency == NULL);
	put_usage(&q, &o->usage);
	query_int(&q, o->cost.nano);
	query_int(&q, o->cost.list_nano);
	put_latency(&q, o->credential_label == NULL ? -1 : o->duration_ms);
	put_latency(&q, o->first_token_ms);
	return query_run(&q, e);
}

bool usage_sums_quarters(struct db *db, int64_t *from, struct error *e)
{
	int64_t pruned = clock_wall_ms() - USAGE_QUARTERS_MS + USAGE_DAY_MS;
	int64_t first;

	if (!query_read_int(db, DB_USAGE_FIRST_QUARTER, &first, e))
		return false;
	*from = first / USAGE_DAY_MS * USAGE_DAY_MS;
	if (first < pruned && first > *from)
		*from += USAGE_DAY_MS;
	return true;
}

/* Of days that are over, once a request of today begins a row. */
static bool sum_up_days(struct db *db, int64_t started_ms, struct error *e)
{
	int64_t today = clock_wall_ms() / USAGE_DAY_MS * USAGE_DAY_MS;

	if (started_ms < today)
		return true;
	if (!query_run_on(db, DB_USAGE_DAYS_SUM_UP, today, e))
		return false;
	return db_changes(db) == 0 ||
	       (query_run_on(db, DB_USAGE_TOTALS_SUM_UP, today, e) &&
		query_run_on(db, DB_USAGE_QUARTERS_SUMMED_UP, today, e));
}

static bool add(struct db *db, const struct store_turn *t,
		const struct store_outcome *o, int64_t n, struct error *e)
{
	return run(db, DB_USAGE_QUARTER_ADD, t, o, n, e) &&
	       (db_changes(db) == 1 ||
		(sum_up_days(db, t->started_ms, e) &&
		 run(db, DB_USAGE_QUARTER_BEGIN, t, o, n, e)));
}

bool usage_sums_add(struct db *db, const struct store_turn *t,
		    const struct store_outcome *o, struct error *e)
{
	return add(db, t, o, 1, e);
}

bool usage_sums_add_refusals(struct db *db, int64_t key, int64_t n,
			     struct error *e)
{
	const struct store_outcome refused = { .status = STORE_REFUSED,
					       .first_token_ms = -1,
					       .duration_ms = -1 };
	const struct store_turn t = { .key_row = key,
				      .model = "",
				      .started_ms = clock_wall_ms() };

	return add(db, &t, &refused, n, e);
}
