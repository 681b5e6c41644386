/* SPDX-License-Identifier: MIT */
/* Which credential of a pool is used next, as a row. */
#include "store/rotation.h"

#include "store/db_internal.h"

bool store_rotation_next(struct store *s, const char *pool, int64_t *next,
			 struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_ROTATION_NEXT);
	query_text(&q, pool);
	return db_end(s, db, query_first_int(&q, next, e), e);
}
