/* SPDX-License-Identifier: MIT */
/* Finds the reasoning of earlier replies. */
#include "store/reasoning.h"

#include <string.h>

#include "base/text.h"
#include "chat/reply_key.h"
#include "store/db_internal.h"

static bool same_text(const char *x, const char *y)
{
	size_t n = strlen(x), m = strlen(y);

	x = text_trim(x, &n);
	y = text_trim(y, &m);
	return n == m && memcmp(x, y, n) == 0;
}

static void fill(struct chat_message *m, const char *reasoning,
		 const char *details)
{
	if (m->reasoning == NULL) {
		m->reasoning = reasoning;
		m->details = details;
	} else if (reasoning != NULL && same_text(m->reasoning, reasoning)) {
		m->details = details;
	}
}

static bool find(struct db *db, const char *key, const char *key_fingerprint,
		 struct chat_message *m, struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_REASONING_FIND);
	query_text(&q, key);
	query_text(&q, key_fingerprint);
	if (query_row(&q))
		fill(m, query_get_text(&q, 0, a), query_get_text(&q, 1, a));
	return query_close(&q, e);
}

/* Whether it is a reply whose reasoning may be found. */
static bool has_gap(const struct store_recall *r, size_t i)
{
	const struct chat_message *m = &r->messages[i];

	return m->role == CHAT_ASSISTANT && m->details == NULL &&
	       (m->reasoning == NULL || r->details) &&
	       (i >= r->kept || m->n_calls > 0);
}

bool store_reasoning_fill(struct store *s, const struct store_recall *r,
			  struct arena *a, struct error *e)
{
	struct chat_reply_keys keys;
	struct db *db = NULL;

	chat_reply_keys_init(&keys, r->request, a);
	for (size_t i = 0; i < r->request->n_messages; i++) {
		struct chat_message *m = &r->messages[i];
		const char *key;

		if (!has_gap(r, i) ||
		    (key = chat_reply_key(&keys, i, m)) == NULL)
			continue;
		if (db == NULL)
			db = db_begin(s, DB_READ, e);
		if (db == NULL)
			return false;
		if (!find(db, key, r->key_fingerprint, m, a, e)) {
			db_abandon(s, db);
			return false;
		}
	}
	return db == NULL || db_commit(s, db, e);
}
