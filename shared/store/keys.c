/* SPDX-License-Identifier: MIT */
/* API keys as rows. */
#include "store/keys_internal.h"

#include "base/clock.h"

/* `*moved`: the row says otherwise whether it is a stranger's, and whose. */
static bool find(struct db *db, const char *fingerprint, const char *stranger,
		 int64_t *row, bool *moved, struct error *e)
{
	struct query q;

	*row = 0;
	*moved = false;
	query_open(&q, db, DB_KEY_FIND);
	query_text(&q, fingerprint);
	query_text(&q, stranger);
	if (query_row(&q)) {
		*row = query_get_int(&q, 0);
		*moved = query_get_int(&q, 1) != 0;
	}
	return query_close(&q, e);
}

bool keys_find(struct db *db, const char *fingerprint, int64_t *row,
	       struct error *e)
{
	bool ignored;

	return find(db, fingerprint, NULL, row, &ignored, e);
}

static bool set_stranger(struct db *db, int64_t row, const char *stranger,
			 struct error *e)
{
	struct query q;

	query_open(&q, db, DB_KEY_SET_STRANGER);
	query_int(&q, row);
	query_text(&q, stranger);
	return query_run(&q, e);
}

bool keys_ensure(struct db *db, const struct store_owner *owner, int64_t *row,
		 struct error *e)
{
	struct query q;
	bool moved;

	if (!find(db, owner->fingerprint, owner->stranger, row, &moved, e))
		return false;
	if (*row != 0)
		return !moved || set_stranger(db, *row, owner->stranger, e);
	query_open(&q, db, DB_KEY_ADD);
	query_text(&q, owner->fingerprint);
	query_text(&q, owner->label);
	query_text(&q, owner->stranger);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e) && keys_find(db, owner->fingerprint, row, e);
}
