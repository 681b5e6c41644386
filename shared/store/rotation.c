/* SPDX-License-Identifier: MIT */
/* Which credential of a pool is used next: numbers from a row. */
#include "store/rotation.h"

#include "store/db_internal.h"

static bool draw(struct db *db, const char *name, int64_t n, int64_t *from,
		 struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ROTATION_FIND);
	query_text(&q, name);
	if (!query_first_int(&q, from, e))
		return false;
	query_open(&q, db, DB_ROTATION_SET);
	query_text(&q, name);
	query_int(&q, *from + n);
	return query_run(&q, e);
}

bool store_rotation_next(struct store *s, const char *pool, int64_t *next,
			 struct error *e)
{
	int64_t n;
	struct db *db;

	if (rotation_numbers_take(&s->numbers, pool, next, &n))
		return true;
	db = db_begin(s, DB_TURN, e);
	if (db == NULL || !db_end(s, db, draw(db, pool, n, next, e), e))
		return false;
	rotation_numbers_keep(&s->numbers, pool, *next + 1, n - 1);
	return true;
}
