/* SPDX-License-Identifier: MIT */
/* Finds the reasoning of earlier replies. */
#include "store/reasoning.h"

#include "chat/reply_key.h"
#include "store/db_internal.h"

static bool fill_one(struct db *db, const char *key_fingerprint,
		     struct chat_message *m, struct arena *a, struct error *e)
{
	const char *key = chat_reply_key(m, a);
	struct query q;

	if (key == NULL)
		return true;
	query_open(&q, db, DB_REASONING_FIND);
	query_text(&q, key);
	query_text(&q, key_fingerprint);
	if (query_row(&q))
		m->reasoning = query_get_text(&q, 0, a);
	return query_close(&q, e);
}

bool store_reasoning_fill(struct store *s, const char *key_fingerprint,
			  struct chat_message *messages, size_t n,
			  struct arena *a, struct error *e)
{
	struct db *db = NULL;

	for (size_t i = 0; i < n; i++) {
		struct chat_message *m = &messages[i];

		if (m->role != CHAT_ASSISTANT || m->reasoning != NULL)
			continue;
		if (db == NULL)
			db = db_begin(s, DB_READ, e);
		if (db == NULL)
			return false;
		if (!fill_one(db, key_fingerprint, m, a, e)) {
			db_abandon(s, db);
			return false;
		}
	}
	return db == NULL || db_commit(s, db, e);
}
