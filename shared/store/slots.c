/* SPDX-License-Identifier: MIT */
/* Places among the running requests of a credential, as rows. */
#include "store/slots.h"

#include "base/clock.h"
#include "store/db.h"
#include "store/turns.h"

static bool take(struct db *db, const char *credential, int64_t max,
		 int64_t *lease, struct error *e)
{
	int64_t now = clock_wall_ms();
	struct query q;

	query_open(&q, db, DB_LEASES_EXPIRE);
	query_int(&q, now);
	if (!query_run(&q, e))
		return false;
	query_open(&q, db, DB_LEASE_TAKE);
	query_text(&q, credential);
	query_int(&q, now + TURN_LEASE_MS);
	query_int(&q, max);
	*lease = query_row(&q) ? query_get_int(&q, 0) : 0;
	return query_close(&q, e);
}

bool store_slot_take(struct store *s, const char *credential, int64_t max,
		     int64_t *lease, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	if (db == NULL)
		return false;
	if (take(db, credential, max, lease, e))
		return db_commit(s, db, e);
	db_abandon(s, db);
	return false;
}

static bool change(struct store *s, enum db_statement which, int64_t lease,
		   const int64_t *until, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, which);
	query_int(&q, lease);
	if (until != NULL)
		query_int(&q, *until);
	if (query_run(&q, e))
		return db_commit(s, db, e);
	db_abandon(s, db);
	return false;
}

bool store_slot_renew(struct store *s, int64_t lease, struct error *e)
{
	int64_t until = clock_wall_ms() + TURN_LEASE_MS;

	return change(s, DB_LEASE_RENEW, lease, &until, e);
}

bool store_slot_give(struct store *s, int64_t lease, struct error *e)
{
	return change(s, DB_LEASE_GIVE, lease, NULL, e);
}
