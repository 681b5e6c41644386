/* SPDX-License-Identifier: MIT */
/* Slots of a credential for requests that run at once, as rows. */
#include "store/slots_internal.h"

#include "store/turn_lock.h"
#include "upstream/upstream.h"

/* Whether one of them is free. */
static bool has_room(struct db *db, const char *credential, int64_t max,
		     bool *room, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_SLOT_ROOM);
	query_text(&q, credential);
	query_int(&q, max);
	query_text(&q, UPSTREAM_SLOTS_NOTE);
	return query_first_bool(&q, room, e);
}

bool slots_add(struct db *db, enum db_statement which, const char *credential,
	       int64_t ms, int64_t *slot, struct error *e)
{
	struct lease lease = lease_take(&db->owners, ms);
	struct query q;

	query_open(&q, db, which);
	query_text(&q, credential);
	query_lease(&q, &lease);
	if (!query_run(&q, e))
		return false;
	*slot = db_inserted(db);
	return true;
}

/* What store_slot_take was called with, and the slot. */
struct taking {
	const char *credential;
	int64_t max, slot;
};

bool slots_expire(struct db *db, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_SLOTS_EXPIRE);
	if (!query_run(&q, e))
		return false;
	db->freed |= db_changes(db) > 0;
	return true;
}

static bool take(struct db *db, void *ctx, struct error *e)
{
	struct taking *t = ctx;
	bool room;

	t->slot = 0;
	if (!slots_expire(db, e) ||
	    !has_room(db, t->credential, t->max, &room, e))
		return false;
	return !room || slots_add(db, DB_SLOT_ADD, t->credential, TURN_LEASE_MS,
				  &t->slot, e);
}

bool store_slot_take(struct store *s, const char *credential, int64_t max,
		     int64_t *slot, struct error *e)
{
	struct taking t = { credential, max, 0 };

	if (!db_run(s, DB_TURN, take, &t, e))
		return false;
	*slot = t.slot;
	return true;
}

static bool renew(struct db *db, void *ctx, struct error *e)
{
	struct lease lease = lease_take(&db->owners, TURN_LEASE_MS);
	const int64_t *slot = ctx;
	struct query q;

	query_open(&q, db, DB_SLOT_RENEW);
	query_int(&q, *slot);
	query_lease(&q, &lease);
	return query_run(&q, e);
}

bool store_slot_renew(struct store *s, int64_t slot, struct error *e)
{
	return db_run(s, DB_TURN, renew, &slot, e);
}

static bool remove_slot(struct db *db, enum db_statement which, int64_t slot,
			bool *done, struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	query_int(&q, slot);
	query_row_id(&q, db->owners.own);
	if (!query_run(&q, e))
		return false;
	*done = db_changes(db) == 1;
	return true;
}

bool slots_release(struct db *db, int64_t slot, struct error *e)
{
	bool done;

	if (!remove_slot(db, DB_SLOT_RELEASE, slot, &done, e))
		return false;
	if (done)
		return true;
	if (!remove_slot(db, DB_SLOT_RELEASE_AWAITED, slot, &done, e))
		return false;
	db->freed |= done;
	return true;
}

static bool release(struct db *db, void *ctx, struct error *e)
{
	const int64_t *slot = ctx;

	return slots_release(db, *slot, e);
}

bool store_slot_release(struct store *s, int64_t slot, struct error *e)
{
	return db_run(s, DB_TURN, release, &slot, e);
}

bool store_slots_read(struct store *s, const char *credential, int64_t max,
		      struct slot_use *use, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);
	int64_t n = 0;
	struct query q;

	*use = (struct slot_use){ 0 };
	if (db == NULL)
		return false;
	query_open(&q, db, DB_SLOTS_READ);
	query_text(&q, credential);
	query_int(&q, max);
	query_text(&q, UPSTREAM_SLOTS_NOTE);
	if (query_row(&q)) {
		n = query_get_int(&q, 0);
		use->limit = query_get_int(&q, 1);
	}
	use->used = n < use->limit ? n : use->limit;
	use->waiting = n - use->used;
	return db_end(s, db, query_close(&q, e), e);
}
