/* SPDX-License-Identifier: MIT */
/* Reads rows that are mostly known (known_internal.h). */
#include "store/known_rows_internal.h"

#include <assert.h>

#include "base/clock.h"
#include "store/store.h"

void known_rows_columns(struct query *q, struct known_row *row, struct arena *a)
{
	int n = query_columns(q);

	assert(n <= KNOWN_COLUMNS);
	for (int i = 0; i < n; i++)
		if (query_is_text(q, i))
			row->texts[i] = query_get_text(q, i, a);
		else
			row->numbers[i] = query_get_int(q, i);
}

static bool read_row(struct db *db, const struct known_name *name,
		     struct known_row *row, struct arena *a, struct error *e)
{
	struct query q;

	*row = (struct known_row){ 0 };
	query_open(&q, db, name->which);
	if (name->first != NULL)
		query_text(&q, name->first);
	if (name->second != NULL)
		query_text(&q, name->second);
	row->found = query_row(&q);
	if (row->found)
		known_rows_columns(&q, row, a);
	return query_close(&q, e);
}

bool known_rows_find(struct store *s, const struct known_name *name,
		     struct known_row *row, struct arena *a)
{
	struct error ignored;
	bool found = false;

	if (!db_lock(s, clock_ms() + STORE_WAIT_MS, &ignored))
		return false;
	if (s->db != NULL) {
		known_check(&s->db->known, s->db->handle);
		found = known_find(&s->db->known, name, row, a);
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

/* By what anybody can send. That there is no such row is not remembered: those
 * who guess would make the others be forgotten. */
static bool is_guessed(enum db_statement which)
{
	return which == DB_API_KEY_FIND || which == DB_CREDENTIAL_ACCEPTED;
}

static bool read_and_add(struct db *db, const struct known_name *name,
			 struct known_row *row, struct arena *a,
			 struct error *e)
{
	if (!read_row(db, name, row, a, e))
		return false;
	if (row->found || !is_guessed(name->which))
		known_add(&db->known, name, row);
	return true;
}

bool known_rows_read(struct store *s, const struct known_name *name,
		     struct known_row *row, struct arena *a, struct error *e)
{
	struct db *db;

	if (known_rows_find(s, name, row, a))
		return true;
	db = db_begin(s, DB_LOOK, e);
	return db != NULL &&
	       db_end(s, db, read_and_add(db, name, row, a, e), e);
}

bool known_rows_get(struct db *db, const struct known_name *name,
		    struct known_row *row, struct arena *a, struct error *e)
{
	if (known_find(&db->known, name, row, a))
		return true;
	return db->quiet ? read_and_add(db, name, row, a, e) :
			   read_row(db, name, row, a, e);
}
