/* SPDX-License-Identifier: MIT */
/* Slots of a credential for requests that run at once, as rows. */
#include "store/slots_internal.h"

#include "store/turn_lock.h"
#include "upstream/upstream.h"

static bool take(struct db *db, const char *credential, int64_t max,
		 int64_t *slot, struct error *e)
{
	struct lease lease = lease_take(&db->owners, TURN_LEASE_MS);
	struct query q;

	query_open(&q, db, DB_SLOTS_EXPIRE);
	if (!query_run(&q, e))
		return false;
	query_open(&q, db, DB_SLOT_TAKE);
	query_text(&q, credential);
	query_lease(&q, &lease);
	query_int(&q, max);
	query_text(&q, UPSTREAM_SLOTS_NOTE);
	return query_first_int(&q, slot, e);
}

bool store_slot_take(struct store *s, const char *credential, int64_t max,
		     int64_t *slot, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL &&
	       db_end(s, db, take(db, credential, max, slot, e), e);
}

bool store_slot_renew(struct store *s, int64_t slot, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
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
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, slots_release(db, slot, e), e);
}
