/* SPDX-License-Identifier: MIT */
/* Notes of adapters as rows. */
#include "store/credential_notes.h"

#include "base/clock.h"
#include "store/db.h"

bool store_credential_note_find(struct store *s, const char *credential,
				const char *name, const char **value,
				struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);
	struct query q;
	bool ok;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_NOTE_FIND);
	query_text(&q, credential);
	query_text(&q, name);
	*value = query_row(&q) ? query_get_text(&q, 0, a) : NULL;
	ok = query_close(&q, e);
	return db_commit(s, db, e) && ok;
}

bool store_credential_note_put(struct store *s, const char *credential,
			       const char *name, const char *value,
			       struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_NOTE_KEEP);
	query_text(&q, credential);
	query_text(&q, name);
	query_text(&q, value);
	query_int(&q, clock_wall_ms());
	if (query_run(&q, e))
		return db_commit(s, db, e);
	db_abandon(s, db);
	return false;
}
