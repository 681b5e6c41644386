/* SPDX-License-Identifier: MIT */
/* What adapters learned with a credential, as rows. */
#include "store/credential_notes.h"

#include "base/clock.h"
#include "store/known_rows_internal.h"

bool store_credential_note_find(struct store *s, const char *credential,
				const char *name, const char **value,
				struct arena *a, struct error *e)
{
	const struct known_name note = { DB_CREDENTIAL_NOTE_FIND, credential,
					 name };
	struct known_row row;

	if (!known_rows_read(s, &note, &row, a, e))
		return false;
	*value = row.texts[0];
	return true;
}

bool store_credential_note_put(struct store *s, const char *credential,
			       const char *name, const char *value,
			       struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_CREDENTIAL_NOTE_PUT);
	query_text(&q, credential);
	query_text(&q, name);
	query_text(&q, value);
	query_int(&q, clock_wall_ms());
	return db_end(s, db, query_run(&q, e), e);
}
