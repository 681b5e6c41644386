/* SPDX-License-Identifier: MIT */
/* Slots of a credential for requests that run at once, as rows. */
#include "store/slots_internal.h"

#include "store/turn_lock.h"
#include "upstream/upstream.h"

/* Whether one of them is free. */
static bool has_room(struct db *db, const char *credential, int64_t max,
		     bool *room, struct error *e)
{
	int64_t found;
	struct query q;

	query_open(&q, db, DB_SLOT_ROOM);
	query_text(&q, credential);
	query_int(&q, max);
	query_text(&q, UPSTREAM_SLOTS_NOTE);
	if (!query_first_int(&q, &found, e))
		return false;
	*room = found != 0;
	return true;
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

static bool take(struct db *db, const char *credential, int64_t max,
		 int64_t *slot, struct error *e)
{
	struct query q;
	bool room;

	*slot = 0;
	query_open(&q, db, DB_SLOTS_EXPIRE);
	if (!query_run(&q, e) || !has_room(db, credential, max, &room, e))
		return false;
	return !room ||
	       slots_add(db, DB_SLOT_ADD, credential, TURN_LEASE_MS, slot, e);
}

bool store_slot_take(struct store *s, const char *credential, int64_t max,
		     int64_t *slot, struct error *e)
{
	struct db *db = db_begin(s, DB_TURN, e);

	return db != NULL &&
	       db_end(s, db, take(db, credential, max, slot, e), e);
}

bool store_slot_renew(struct store *s, int64_t slot, struct error *e)
{
	struct db *db = db_begin(s, DB_TURN, e);
	struct lease lease;
	struct query q;

	if (db == NULL)
		return false;
	lease = lease_take(&db->owners, TURN_LEASE_MS);
	query_open(&q, db, DB_SLOT_RENEW);
	query_int(&q, slot);
	query_lease(&q, &lease);
	return db_end(s, db, query_run(&q, e), e);
}

bool slots_release(struct db *db, int64_t slot, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_SLOT_RELEASE);
	query_int(&q, slot);
	query_row_id(&q, db->owners.own);
	return query_run(&q, e);
}

bool store_slot_release(struct store *s, int64_t slot, struct error *e)
{
	struct db *db = db_begin(s, DB_TURN, e);

	return db != NULL && db_end(s, db, slots_release(db, slot, e), e);
}
