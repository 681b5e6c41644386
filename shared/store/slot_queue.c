/* SPDX-License-Identifier: MIT */
/* Requests that wait for a slot, in line. */
#include "store/slot_queue.h"

#include "store/slot_wait_internal.h"
#include "store/slots_internal.h"
#include "store/turn_lock.h"
#include "upstream/upstream.h"

static bool stand(struct db *db, struct slot_line *l, struct error *e)
{
	struct query q;

	if (!slots_add(db, DB_SLOT_ADD, l->credential, TURN_LEASE_MS,
		       &l->ticket, e))
		return false;
	query_open(&q, db, DB_SLOT_AWAIT);
	query_text(&q, l->credential);
	query_int(&q, l->ticket);
	return query_run(&q, e);
}

static bool stand_in_all(struct db *db, const struct slot_wait *w,
			 struct error *e)
{
	bool ok = slots_expire(db, e);

	for (size_t i = 0; ok && i < w->n; i++)
		ok = stand(db, &w->lines[i], e);
	return ok;
}

bool store_slot_wait_begin(struct store *s, struct slot_wait *w,
			   struct error *e)
{
	struct db *db = db_begin(s, DB_TURN, e);

	if (db == NULL || !db_end(s, db, stand_in_all(db, w, e), e))
		return false;
	slot_waits_join(&s->waits, w);
	return true;
}

/* A place is lost when this process was stopped for too long. */
static bool look(struct db *db, struct slot_line *l, bool *turn, bool *lost,
		 struct error *e)
{
	struct query q;

	query_open(&q, db, DB_SLOT_TURN);
	query_text(&q, l->credential);
	query_int(&q, l->ticket);
	query_int(&q, l->max);
	query_text(&q, UPSTREAM_SLOTS_NOTE);
	query_row_id(&q, db->owners.own);
	*lost = !query_row(&q);
	*turn = !*lost && query_get_int(&q, 0) != 0;
	return query_close(&q, e);
}

static bool look_at_all(struct db *db, const struct slot_wait *w, size_t *got,
			size_t *lost, struct error *e)
{
	bool ok = true, turn = false, gone;

	*lost = w->n;
	for (*got = 0; ok && *got < w->n; ++*got) {
		ok = look(db, &w->lines[*got], &turn, &gone, e);
		if (turn)
			break;
		if (gone)
			*lost = *got;
	}
	return ok;
}

static bool stand_again(struct store *s, struct slot_line *l, struct error *e)
{
	struct db *db = db_begin(s, DB_TURN, e);

	return db != NULL &&
	       db_end(s, db, slots_expire(db, e) && stand(db, l, e), e);
}

bool store_slot_wait_look(struct store *s, struct slot_wait *w, size_t *got,
			  struct error *e)
{
	struct db *db;
	size_t lost;

	slot_waits_hear(&s->waits, w);
	db = db_begin(s, DB_READ, e);
	if (db == NULL || !db_end(s, db, look_at_all(db, w, got, &lost, e), e))
		return false;
	return *got < w->n || lost == w->n ||
	       stand_again(s, &w->lines[lost], e);
}

static bool leave_others(struct db *db, const struct slot_wait *w, size_t got,
			 struct error *e)
{
	bool ok = true;

	for (size_t i = 0; ok && i < w->n; i++)
		if (i != got)
			ok = slots_release(db, w->lines[i].ticket, e);
	return ok;
}

void store_slot_wait_end(struct store *s, struct slot_wait *w, size_t got)
{
	struct error ignored;
	struct db *db = NULL;

	if (w->n > 1 || got == w->n)
		db = db_begin(s, DB_TURN, &ignored);
	if (db != NULL)
		db_end(s, db, leave_others(db, w, got, &ignored), &ignored);
	slot_waits_leave(&s->waits, w);
}
