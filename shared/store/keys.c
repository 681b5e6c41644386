/* SPDX-License-Identifier: MIT */
/* API keys as rows. */
#include "store/keys_internal.h"

#include "base/clock.h"

bool keys_find(struct db *db, const char *fingerprint, int64_t *row,
	       struct error *e)
{
	struct query q;

	query_open(&q, db, DB_KEY_FIND);
	query_text(&q, fingerprint);
	*row = query_row(&q) ? query_get_int(&q, 0) : 0;
	return query_close(&q, e);
}

bool keys_open(struct db *db, const char *fingerprint, const char *label,
	       int64_t *row, struct error *e)
{
	struct query q;

	if (!keys_find(db, fingerprint, row, e))
		return false;
	if (*row != 0)
		return true;
	query_open(&q, db, DB_KEY_ADD);
	query_text(&q, fingerprint);
	query_text(&q, label);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e) && keys_find(db, fingerprint, row, e);
}
