/* SPDX-License-Identifier: MIT */
/* Messages that clients ask for by their uid. */
#include "store/messages.h"

#include "store/message_rows_internal.h"

static bool find_message(struct db *db, const char *key, const char *uid,
			 struct chat_message *m, struct arena *a,
			 struct error *e)
{
	struct message_list l;
	struct query q;

	query_open(&q, db, DB_MESSAGE_FIND);
	query_text(&q, uid);
	query_text(&q, key);
	if (!message_rows_read(&q, &l, a, e))
		return false;
	if (l.n == 0)
		return error_field(e, ERROR_NOT_FOUND, "id",
				   "No such item is stored for this API key.");
	*m = l.messages[0];
	return true;
}

bool store_message_find(struct store *s, const char *key, const char *uid,
			struct chat_message *m, struct arena *a,
			struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	return db != NULL &&
	       db_end(s, db, find_message(db, key, uid, m, a, e), e);
}
