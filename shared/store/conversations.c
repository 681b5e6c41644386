/* SPDX-License-Identifier: MIT */
/* Conversations as rows, and what clients do to them outside of turns. */
#include "store/conversations.h"

#include "base/clock.h"
#include "base/random_id.h"
#include "store/interrupted_internal.h"
#include "store/keys_internal.h"
#include "store/message_rows_internal.h"
#include "store/space_internal.h"
#include "store/turn_lock_internal.h"

static bool no_such_conversation(const char *name, struct error *e)
{
	return error_field(e, ERROR_NOT_FOUND, "id",
			   "No such conversation: '%.64s'. It was deleted, or "
			   "belongs to another API key.",
			   name);
}

static bool find(struct db *db, const char *key, const char *name,
		 struct store_conversation *c, struct arena *a, struct error *e)
{
	const char *metadata;
	struct query q;

	*c = (struct store_conversation){ 0 };
	query_open(&q, db, DB_CONVERSATION_READ);
	query_text(&q, key);
	query_text(&q, name);
	if (query_row(&q)) {
		metadata = query_get_text(&q, 3, a);
		*c = (struct store_conversation){
			.row = query_get_int(&q, 0),
			.key_row = query_get_int(&q, 1),
			.name = query_get_text(&q, 2, a),
			.metadata = metadata == NULL ? "{}" : metadata,
			.created_ms = query_get_int(&q, 4),
			.credential = query_get_text(&q, 5, a),
			.chat = query_get_text(&q, 6, a),
		};
	}
	return query_close(&q, e) &&
	       (c->row != 0 || no_such_conversation(name, e));
}

static bool add(struct db *db, const struct store_owner *owner,
		struct store_conversation *c, struct arena *a, struct error *e)
{
	struct query q;
	int64_t key;

	if (!keys_ensure(db, owner, &key, e))
		return false;
	query_open(&q, db, DB_CONVERSATION_ADD);
	query_int(&q, key);
	query_text(&q, c->name);
	query_text(&q, c->metadata);
	query_int(&q, clock_wall_ms());
	if (!query_run(&q, e))
		return false;
	if (db_changes(db) == 0)
		return error_field(e, ERROR_VALUE, "id",
				   "The conversation '%.64s' exists already.",
				   c->name);
	db_keep(db, key, SPACE_ROW + space_of(c->name) + space_of(c->metadata));
	return find(db, owner->fingerprint, c->name, c, a, e);
}

bool store_conversation_add(struct store *s, const struct store_owner *owner,
			    struct store_conversation *c, struct arena *a,
			    struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, add(db, owner, c, a, e), e);
}

bool store_conversation_find(struct store *s, const char *key, const char *name,
			     struct store_conversation *c, struct arena *a,
			     struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	return db != NULL && db_end(s, db, find(db, key, name, c, a, e), e);
}

/* Its row may have been deleted and reused by another one. */
static bool check(struct db *db, const struct store_conversation *c,
		  struct error *e)
{
	struct query q;
	bool there;

	query_open(&q, db, DB_CONVERSATION_CHECK);
	query_int(&q, c->row);
	query_int(&q, c->key_row);
	query_text(&q, c->name);
	there = query_row(&q);
	return query_close(&q, e) &&
	       (there || no_such_conversation(c->name, e));
}

/* No turn runs in it, and one whose lease expired is given up. */
static bool lock(struct db *db, const struct store_conversation *c,
		 struct error *e)
{
	return check(db, c, e) && interrupted_close(db, e) &&
	       turn_lock_check(db, c->row, e);
}

static bool set_metadata(struct db *db, const struct store_conversation *c,
			 const char *metadata, struct error *e)
{
	struct query q;

	if (!check(db, c, e) ||
	    !space_release(db, c->key_row, DB_CONVERSATION_METADATA_KEPT,
			   c->row, e))
		return false;
	db_keep(db, c->key_row, space_of(metadata));
	query_open(&q, db, DB_CONVERSATION_SET_METADATA);
	query_int(&q, c->row);
	query_text(&q, metadata);
	return query_run(&q, e);
}

bool store_conversation_set_metadata(struct store *s,
				     const struct store_conversation *c,
				     const char *metadata, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, set_metadata(db, c, metadata, e), e);
}

static bool delete_all(struct db *db, const struct store_conversation *c,
		       struct error *e)
{
	static const enum db_statement steps[] = {
		DB_CONVERSATION_LOGS_DELETE,
		DB_CONVERSATION_RESPONSES_DELETE,
		DB_CONVERSATION_MESSAGES_DELETE,
		DB_CONVERSATION_REQUESTS_RELEASE,
		DB_CONVERSATION_DELETE,
	};

	if (!lock(db, c, e) ||
	    !space_release(db, c->key_row, DB_CONVERSATION_KEPT, c->row, e))
		return false;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!query_run_on(db, steps[i], c->row, e))
			return false;
	return true;
}

bool store_conversation_delete(struct store *s,
			       const struct store_conversation *c,
			       struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	if (db == NULL || !db_end(s, db, delete_all(db, c, e), e))
		return false;
	store_empty_log(s);
	return true;
}

bool store_conversation_messages(struct store *s,
				 const struct store_conversation *c,
				 struct chat_message **messages, size_t *n,
				 struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);
	struct message_list l = { 0 };

	if (db == NULL ||
	    !db_end(s, db,
		    check(db, c, e) &&
			    message_rows_load(db, DB_CONVERSATION_MESSAGES,
					      c->row, &l, a, e),
		    e))
		return false;
	*messages = l.messages;
	*n = l.n;
	return true;
}

static bool note_change(struct db *db, const struct store_conversation *c,
			struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CONVERSATION_CHANGED);
	query_int(&q, c->row);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e);
}

static bool append(struct db *db, const struct store_conversation *c,
		   struct chat_message *messages, size_t n, struct arena *a,
		   struct error *e)
{
	if (!lock(db, c, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct message_row row = {
			.conversation = c->row,
			.at_ms = clock_wall_ms(),
			.uid = messages[i].uid = random_id_ordered(a, ""),
			.message = &messages[i],
			.api_key = c->key_row,
		};

		if (!message_rows_add(db, &row, a, e))
			return false;
	}
	return note_change(db, c, e);
}

bool store_conversation_append(struct store *s,
			       const struct store_conversation *c,
			       struct chat_message *messages, size_t n,
			       struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, append(db, c, messages, n, a, e), e);
}

struct found {
	int64_t id, request, size;
};

static bool find_message(struct db *db, const struct store_conversation *c,
			 const char *uid, struct found *found, struct error *e)
{
	struct query q;

	*found = (struct found){ 0 };
	query_open(&q, db, DB_MESSAGE_IN_CONVERSATION);
	query_text(&q, uid);
	query_int(&q, c->row);
	if (query_row(&q)) {
		found->id = query_get_int(&q, 0);
		found->request = query_get_int(&q, 1);
		found->size = query_get_int(&q, 2);
	}
	return query_close(&q, e) &&
	       (found->id != 0 ||
		error_field(e, ERROR_NOT_FOUND, "item_id",
			    "The conversation '%.64s' has no such item.",
			    c->name));
}

/* `*size` is what is left of it. */
static bool replace(struct db *db, int64_t id, const struct chat_message *m,
		    int64_t *size, struct arena *a, struct error *e)
{
	*size = 0;
	if (m->n_parts == 0 && m->n_calls == 0 && m->reasoning == NULL)
		return query_run_on(db, DB_MESSAGE_DELETE, id, e);
	return message_rows_replace(db, id, m, size, a, e);
}

static bool change_message(struct db *db, const struct store_conversation *c,
			   const char *uid, const struct store_change *change,
			   struct arena *a, struct error *e)
{
	struct chat_message changed;
	struct message_list l;
	struct found found;
	int64_t size;

	if (!lock(db, c, e) || !find_message(db, c, uid, &found, e) ||
	    !message_rows_load(db, DB_MESSAGE_READ, found.id, &l, a, e))
		return false;
	changed = change->make(change->ctx, &l.messages[0]);
	if (!replace(db, found.id, &changed, &size, a, e))
		return false;
	db_keep(db, c->key_row, size - found.size);
	return space_release(db, c->key_row, DB_STREAM_LOG_KEPT, found.request,
			     e) &&
	       query_run_on(db, DB_STREAM_LOG_DELETE, found.request, e) &&
	       note_change(db, c, e);
}

bool store_conversation_change(struct store *s,
			       const struct store_conversation *c,
			       const char *uid,
			       const struct store_change *change,
			       struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	if (db == NULL ||
	    !db_end(s, db, change_message(db, c, uid, change, a, e), e))
		return false;
	store_empty_log(s);
	return true;
}
