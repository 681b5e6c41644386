/* SPDX-License-Identifier: MIT */
/* API keys as rows. */
#include "store/keys_internal.h"

#include "base/clock.h"
#include "base/random_id.h"
#include "store/known_rows_internal.h"

bool keys_find(struct db *db, const char *fingerprint, int64_t *row,
	       struct error *e)
{
	struct query q;

	query_open(&q, db, DB_KEY_FIND);
	query_text(&q, fingerprint);
	return query_first_int(&q, row, e);
}

static bool set_stranger(struct db *db, int64_t row, const char *stranger,
			 struct error *e)
{
	struct query q;

	db->quiet = false;
	query_open(&q, db, DB_KEY_SET_STRANGER);
	query_int(&q, row);
	query_text(&q, stranger);
	return query_run(&q, e);
}

static bool add(struct db *db, const struct store_owner *owner, int64_t *row,
		struct error *e)
{
	struct arena scratch;
	struct query q;
	bool ok;

	db->quiet = false;
	arena_init(&scratch);
	query_open(&q, db, DB_KEY_ADD);
	query_text(&q, owner->fingerprint);
	query_text(&q, owner->label);
	query_text(&q, owner->stranger);
	query_int(&q, clock_wall_ms());
	query_text(&q, random_id(&scratch, KEY_PUBLIC_ID));
	ok = query_run(&q, e) && keys_find(db, owner->fingerprint, row, e);
	arena_fini(&scratch);
	return ok;
}

/* The row says otherwise, perhaps, whether it is a stranger's, and whose. */
static bool find_or_add(struct db *db, const struct store_owner *owner,
			int64_t *row, struct error *e)
{
	const struct known_name name = {
		owner->stranger == NULL ? DB_KEY_FIND : DB_KEY_FIND_STRANGER,
		owner->fingerprint,
		owner->stranger,
	};
	struct known_row found;

	/* There are no texts in it, for which there had to be an arena. */
	if (!known_rows_get(db, &name, &found, NULL, e))
		return false;
	*row = found.numbers[0];
	if (!found.found)
		return add(db, owner, row, e);
	return found.numbers[1] == 0 ||
	       set_stranger(db, *row, owner->stranger, e);
}

static bool note_use(struct db *db, const struct store_owner *owner,
		     int64_t row, struct error *e)
{
	struct query q;

	db->quiet = false;
	query_open(&q, db, DB_KEY_NOTE_USE);
	query_int(&q, row);
	query_int(&q, owner->used_ms);
	if (!query_run(&q, e))
		return false;
	if (owner->secret == NULL)
		return true;
	query_open(&q, db, DB_KEY_SECRET_NOTE_USE);
	query_text(&q, owner->secret);
	query_int(&q, owner->used_ms);
	return query_run(&q, e);
}

bool keys_ensure(struct db *db, const struct store_owner *owner, int64_t *row,
		 struct error *e)
{
	return find_or_add(db, owner, row, e) &&
	       (owner->used_ms == 0 || note_use(db, owner, *row, e));
}
