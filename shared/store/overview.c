/* SPDX-License-Identifier: MIT */
/* What an owner wants to know first. */
#include "store/overview.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "store/db_internal.h"
#include "store/migrations_internal.h"
#include "store/running_read_internal.h"

static int64_t size_of(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 ? s.st_size : 0;
}

static bool count_keys(struct db *db, struct store_overview *o, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_OVERVIEW_KEYS);
	query_int(&q, clock_wall_ms());
	if (query_row(&q)) {
		o->keys = query_get_int(&q, 0);
		o->blocked = query_get_int(&q, 1);
		o->revoked = query_get_int(&q, 2);
		o->expired = query_get_int(&q, 3);
		o->strangers = query_get_int(&q, 4);
	}
	return query_close(&q, e);
}

static bool read_file(struct db *db, struct store_overview *o, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_OVERVIEW_FILE);
	if (query_row(&q)) {
		o->free_bytes = query_get_int(&q, 0);
		o->oldest_at = query_get_int(&q, 1);
	}
	return query_close(&q, e) &&
	       migrations_version(db, &o->schema_version, e);
}

/* Requests are noted from their beginning, and have a row later on. Where they
 * cannot be noted, they have a row from their beginning. */
static bool count_running(struct db *db, struct store_overview *o,
			  struct error *e)
{
	int64_t noted = running_count(db->running), rows;

	if (!query_read_int(db, DB_OVERVIEW_RUNNING, &rows, e))
		return false;
	o->running = noted > rows ? noted : rows;
	return true;
}

static bool sum_usage(struct db *db, int64_t since, struct store_overview *o,
		      struct error *e)
{
	struct query q;

	query_open(&q, db, DB_OVERVIEW_USAGE);
	query_int(&q, since);
	if (query_row(&q)) {
		o->requests = query_get_int(&q, 0);
		o->failures = query_get_int(&q, 1);
		o->refusals = query_get_int(&q, 2);
		o->unpriced = query_get_int(&q, 3);
		o->prompt_tokens = query_get_int(&q, 4);
		o->completion_tokens = query_get_int(&q, 5);
	}
	return query_close(&q, e);
}

#define HOUR_MS (60 * 60 * 1000LL)

static bool count_hours(struct db *db, struct store_overview *o,
			struct error *e)
{
	int64_t first = clock_wall_ms() / HOUR_MS - OVERVIEW_HOURS + 1;
	struct query q;

	query_open(&q, db, DB_OVERVIEW_HOURS);
	query_int(&q, first * HOUR_MS);
	while (query_row(&q)) {
		int64_t hour = query_get_int(&q, 0) - first;

		if (hour >= 0 && hour < OVERVIEW_HOURS)
			o->hours[hour] = query_get_int(&q, 1);
	}
	return query_close(&q, e);
}

static bool sum_costs(struct db *db, int64_t since, struct store_overview *o,
		      struct arena *a, struct error *e)
{
	struct overview_cost *costs = NULL;
	size_t room = 0;
	struct query q;

	query_open(&q, db, DB_OVERVIEW_COSTS);
	query_int(&q, since);
	while (query_row(&q)) {
		costs = arena_grow(a, costs, &room, o->n_costs + 1,
				   sizeof(*costs));
		costs[o->n_costs++] = (struct overview_cost){
			.currency = query_get_text(&q, 0, a),
			.cost = query_get_int(&q, 1),
		};
	}
	o->costs = costs;
	return query_close(&q, e);
}

bool store_overview_read(struct store *s, int64_t since,
			 struct store_overview *o, struct arena *a,
			 struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	*o = (struct store_overview){
		.file_bytes = size_of(s->path),
		.log_bytes = size_of(arena_printf(a, "%s-wal", s->path)),
	};
	return db != NULL &&
	       db_end(s, db,
		      read_file(db, o, e) && count_keys(db, o, e) &&
			      count_running(db, o, e) &&
			      sum_usage(db, since, o, e) &&
			      count_hours(db, o, e) &&
			      sum_costs(db, since, o, a, e),
		      e);
}

bool store_overview_kept(struct store *s, int64_t *keys, int64_t *credentials,
			 struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);
	struct query q;

	*keys = *credentials = 0;
	if (db == NULL)
		return false;
	query_open(&q, db, DB_OVERVIEW_KEPT);
	query_int(&q, clock_wall_ms());
	if (query_row(&q)) {
		*keys = query_get_int(&q, 0);
		*credentials = query_get_int(&q, 1);
	}
	return db_end(s, db, query_close(&q, e), e);
}
