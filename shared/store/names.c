/* SPDX-License-Identifier: MIT */
/* Names for completion. */
#include "store/names.h"

#include "store/connection_internal.h"
#include "store/query_internal.h"

static const enum db_statement statements[] = {
	[STORE_KEY_NAMES] = DB_NAMES_OF_KEYS,
	[STORE_CREDENTIAL_NAMES] = DB_NAMES_OF_CREDENTIALS,
	[STORE_MODEL_NAMES] = DB_NAMES_OF_MODELS,
	[STORE_REQUEST_NAMES] = DB_NAMES_OF_REQUESTS,
	[STORE_CONVERSATION_NAMES] = DB_NAMES_OF_CONVERSATIONS,
};

void store_names_read(const char *path, enum store_names which,
		      const char ***names, size_t *n, struct arena *a)
{
	struct db *db = db_open_to_look(path);
	struct error ignored;
	size_t room = 0;
	struct query q;

	*names = NULL;
	*n = 0;
	if (db == NULL)
		return;
	query_open(&q, db, statements[which]);
	while (query_row(&q)) {
		*names = arena_grow(a, *names, &room, *n + 1, sizeof(**names));
		(*names)[(*n)++] = query_get_text(&q, 0, a);
	}
	query_close(&q, &ignored);
	db_close(db);
}
