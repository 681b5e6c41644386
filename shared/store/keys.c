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
	return query_first_int(&q, row, e);
}

bool keys_ensure(struct db *db, const char *fingerprint, const char *label,
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
