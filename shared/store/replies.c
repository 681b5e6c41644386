/* SPDX-License-Identifier: MIT */
/* Replies that nobody can ask for, and how they are deleted. */
#include "store/replies.h"

#include "store/erase_internal.h"

static bool no_such_reply(struct error *e)
{
	return error_field(e, ERROR_NOT_FOUND, "id",
			   "No such reply: it was not stored, was deleted, "
			   "belongs to another API key, or is part of a "
			   "conversation.");
}

static bool find(struct db *db, const char *key, const char *request,
		 struct erasure *r, int64_t *seq, struct error *e)
{
	bool runs = false;
	struct query q;

	*seq = 0;
	query_open(&q, db, DB_UNSTORED_REQUEST);
	query_text(&q, request);
	query_text(&q, key);
	if (query_row(&q)) {
		*seq = query_get_int(&q, 0);
		r->key = query_get_int(&q, 1);
		runs = query_get_int(&q, 2) != 0;
	}
	if (!query_close(&q, e))
		return false;
	if (*seq == 0)
		return no_such_reply(e);
	return !runs || error_set(e, ERROR_BUSY,
				  "The request is still running: wait until "
				  "it is complete.");
}

static bool delete_reply(struct db *db, const char *key, const char *request,
			 struct error *e)
{
	struct erasure r = { .db = db };
	int64_t seq;

	return find(db, key, request, &r, &seq, e) &&
	       erase_request(&r, seq, e) && (r.rows > 0 || no_such_reply(e));
}

bool store_reply_delete(struct store *s, const char *key, const char *request,
			struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	if (db == NULL || !db_end(s, db, delete_reply(db, key, request, e), e))
		return false;
	store_empty_log(s);
	return true;
}
