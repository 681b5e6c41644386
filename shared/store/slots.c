/* SPDX-License-Identifier: MIT */
/* Slots of a credential for requests that run at once, as rows. */
#include "store/slots.h"

#include "base/clock.h"
#include "store/db_internal.h"
#include "store/turn_lock.h"
#include "upstream/upstream.h"

static bool take(struct db *db, const char *credential, int64_t max,
		 int64_t *slot, struct error *e)
{
	int64_t now = clock_wall_ms();
	struct query q;

	if (!query_run_on(db, DB_SLOTS_EXPIRE, now, e))
		return false;
	query_open(&q, db, DB_SLOT_TAKE);
	query_text(&q, credential);
	query_int(&q, now + TURN_LEASE_MS);
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
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_SLOT_RENEW);
	query_int(&q, slot);
	query_int(&q, clock_wall_ms() + TURN_LEASE_MS);
	return db_end(s, db, query_run(&q, e), e);
}

bool store_slot_release(struct store *s, int64_t slot, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL &&
	       db_end(s, db, query_run_on(db, DB_SLOT_RELEASE, slot, e), e);
}
