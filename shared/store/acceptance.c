/* SPDX-License-Identifier: MIT */
/* Credentials that Kimi accepted, as rows; slots for those it is asked about. */
#include "store/acceptance.h"

#include "base/clock.h"
#include "store/known_rows_internal.h"
#include "store/slots_internal.h"

/* Of credentials that Kimi is asked about at once. */
#define SLOTS 4

/* Asking takes less. */
#define LEASE_MS LEASE_LONGEST_MS

#define HOLD_MS 1000

/* As long as the cooldown of a credential that Kimi refused. */
#define OTHERS_MS (5 * 60 * 1000)

static bool read_one(struct db *db, const struct credential *c, bool *accepted,
		     struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CREDENTIAL_ACCEPTED);
	query_text(&q, c->fingerprint);
	*accepted = query_row(&q);
	return query_close(&q, e);
}

static bool known_row_of(struct store *s, const struct credential *c,
			 struct known_row *row, struct error *e)
{
	const struct known_name name = { DB_CREDENTIAL_ACCEPTED, c->fingerprint,
					 NULL };

	/* There are no texts in it, for which there had to be an arena. */
	return known_rows_read(s, &name, row, NULL, e);
}

bool store_acceptance_read(struct store *s, const struct credential *list,
			   size_t n, bool *accepted, size_t *n_accepted,
			   struct error *e)
{
	struct known_row row;

	*n_accepted = 0;
	for (size_t i = 0; i < n; i++) {
		if (!known_row_of(s, &list[i], &row, e))
			return false;
		accepted[i] = row.found;
		*n_accepted += row.found;
	}
	return true;
}

/* A time to come is of before the clock was set back. */
static bool is_due(struct store *s, const struct credential *c, int64_t now,
		   bool *due, struct error *e)
{
	struct known_row row;
	int64_t checked;

	if (!known_row_of(s, c, &row, e))
		return false;
	checked = row.numbers[0];
	*due = checked <= now - OTHERS_MS || checked > now;
	return true;
}

static bool claim(struct db *db, const struct credential *c, int64_t now,
		  bool *ours, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CREDENTIAL_CLAIM_OTHERS);
	query_text(&q, c->fingerprint);
	query_int(&q, now);
	query_int(&q, now - OTHERS_MS);
	if (!query_run(&q, e))
		return false;
	*ours = db_changes(db) == 1;
	return true;
}

bool store_acceptance_claim(struct store *s, const struct credential *c,
			    bool *ours, struct error *e)
{
	int64_t now = clock_wall_ms();
	struct db *db;

	if (!is_due(s, c, now, ours, e))
		return false;
	if (!*ours)
		return true;
	db = db_begin(s, DB_WRITE, e);
	return db != NULL && db_end(s, db, claim(db, c, now, ours, e), e);
}

static bool has_room(struct db *db, const struct credential *c, bool *room,
		     struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CHECK_SLOT_ROOM);
	query_text(&q, c->fingerprint);
	query_int(&q, SLOTS);
	return query_first_bool(&q, room, e);
}

static bool begin(struct db *db, const struct credential *c, int64_t *slot,
		  bool *accepted, struct error *e)
{
	bool room;

	*slot = 0;
	if (!read_one(db, c, accepted, e))
		return false;
	if (*accepted)
		return true;
	if (!slots_expire(db, e) || !has_room(db, c, &room, e))
		return false;
	return !room || slots_add(db, DB_CHECK_SLOT_ADD, c->fingerprint,
				  LEASE_MS, slot, e);
}

bool store_acceptance_begin(struct store *s, const struct credential *c,
			    int64_t *slot, bool *accepted, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, begin(db, c, slot, accepted, e), e);
}

static bool accept(struct db *db, const struct credential *c, int64_t slot,
		   struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CREDENTIAL_ACCEPT);
	query_text(&q, c->fingerprint);
	query_text(&q, c->label);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e) && slots_release(db, slot, e);
}

/* Also when this process has ended by then. */
static bool hold(struct db *db, int64_t slot, struct error *e)
{
	struct lease lease = lease_take(&db->owners, HOLD_MS);
	struct query q;

	lease.owner = 0;
	query_open(&q, db, DB_CHECK_SLOT_HOLD);
	query_int(&q, slot);
	query_lease(&q, &lease);
	return query_run(&q, e);
}

bool store_acceptance_end(struct store *s, const struct credential *c,
			  int64_t slot, bool accepted, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL &&
	       db_end(s, db,
		      accepted ? accept(db, c, slot, e) : hold(db, slot, e), e);
}
