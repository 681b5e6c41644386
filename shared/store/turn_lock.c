/* SPDX-License-Identifier: MIT */
/* One turn at a time: the lease that a running request has on its row. */
#include "store/turn_lock.h"

#include "store/turn_lock_internal.h"

bool turn_lock_check(struct db *db, int64_t conversation, struct error *e)
{
	struct query q;
	bool busy;

	query_open(&q, db, DB_CONVERSATION_BUSY);
	query_int(&q, conversation);
	busy = query_row(&q);
	if (!query_close(&q, e))
		return false;
	return !busy || error_set(e, ERROR_BUSY,
				  "Another turn is running in this "
				  "conversation: try again when it has "
				  "finished.");
}

bool turn_lock_renew(struct db *db, int64_t row, const char *request,
		     bool *held, struct error *e)
{
	struct lease lease = lease_take(&db->owners, TURN_LEASE_MS);
	struct query q;

	query_open(&q, db, DB_REQUEST_RENEW);
	query_int(&q, row);
	query_text(&q, request);
	query_lease(&q, &lease);
	if (!query_run(&q, e))
		return false;
	*held = db_changes(db) == 1;
	return true;
}

bool turn_lock_lost(struct error *e)
{
	return error_set(e, ERROR_SETUP,
			 "The request's lease expired: this process was "
			 "stopped for too long.");
}

bool turn_lock_cancelled(struct error *e)
{
	return error_set(e, ERROR_CLIENT_GONE, "%s", TURN_LOCK_WAS_CANCELLED);
}
