/* SPDX-License-Identifier: MIT */
/* Opens a turn: its rows, and the messages before it. */
#include "store/turn_open.h"

#include <string.h>

#include "base/clock.h"
#include "store/abandoned_chats_internal.h"
#include "store/admission_internal.h"
#include "store/conversations.h"
#include "store/interrupted_internal.h"
#include "store/keys_internal.h"
#include "store/message_rows_internal.h"
#include "store/space_internal.h"
#include "store/turn_lock_internal.h"
#include "store/turns_internal.h"

static bool find_conversation(struct db *db, struct store_turn *t,
			      struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CONVERSATION_FIND);
	query_int(&q, t->key_row);
	query_text(&q, t->conversation);
	if (query_row(&q)) {
		t->conversation_row = query_get_int(&q, 0);
		t->credential = query_get_text(&q, 1, a);
		t->bookmark.chat = query_get_text(&q, 2, a);
		t->bookmark.message = query_get_text(&q, 3, a);
	}
	return query_close(&q, e);
}

/* No service accepts a reply without text and calls: one that ended while
 * thinking, or whose text was deleted. */
static bool says_something(const struct chat_message *m)
{
	return m->role != CHAT_ASSISTANT || m->n_parts > 0 || m->n_calls > 0;
}

static bool load_messages(struct db *db, struct store_turn *t,
			  enum db_statement which, int64_t id, struct arena *a,
			  struct error *e)
{
	struct message_list l;

	if (!message_rows_load(db, which, id, &l, a, e))
		return false;
	t->messages = l.messages;
	t->message_ids = l.ids;
	t->n_messages = 0;
	for (size_t i = 0; i < l.n; i++) {
		if (!says_something(&l.messages[i]))
			continue;
		l.messages[t->n_messages] = l.messages[i];
		l.ids[t->n_messages++] = l.ids[i];
	}
	return true;
}

/*
 * A client that names a conversation creates it; one that was created by
 * store_conversation_add exists, or was deleted.
 */
static bool add_conversation(struct db *db, const struct store_turn *t,
			     struct error *e)
{
	struct query q;

	if (strncmp(t->conversation, STORE_CONVERSATION_PREFIX,
		    strlen(STORE_CONVERSATION_PREFIX)) == 0)
		return true;
	query_open(&q, db, DB_CONVERSATION_ADD);
	query_int(&q, t->key_row);
	query_text(&q, t->conversation);
	query_null(&q);
	query_int(&q, t->started_ms);
	if (!query_run(&q, e))
		return false;
	if (db_changes(db) == 1)
		db_keep(db, t->key_row, SPACE_ROW + space_of(t->conversation));
	return true;
}

static bool open_conversation(struct db *db, struct store_turn *t,
			      struct arena *a, struct error *e)
{
	if (t->conversation == NULL)
		return true;
	if (!add_conversation(db, t, e) || !find_conversation(db, t, a, e))
		return false;
	if (t->conversation_row == 0)
		return error_field(e, ERROR_NOT_FOUND, "conversation",
				   "No such conversation: '%.64s'. It was "
				   "deleted, or belongs to another API key.",
				   t->conversation);
	if (!turn_lock_check(db, t->conversation_row, e) ||
	    !load_messages(db, t, DB_CONVERSATION_MESSAGES, t->conversation_row,
			   a, e))
		return false;
	t->bookmark.known = t->n_messages;
	return true;
}

static bool refuse_previous(const struct store_turn *t, const char *status,
			    struct error *e)
{
	if (status == NULL)
		return error_field(e, ERROR_PREVIOUS, "previous_response_id",
				   "Previous response with id '%.64s' not "
				   "found.",
				   t->previous);
	return error_field(e, ERROR_PREVIOUS, "previous_response_id",
			   "Previous response with id '%.64s' is not complete "
			   "(it is %s): only a complete response can be "
			   "continued.",
			   t->previous, status);
}

static bool find_previous(struct db *db, struct store_turn *t, struct arena *a,
			  struct error *e)
{
	const char *status = NULL;
	struct query q;

	query_open(&q, db, DB_STORED_RESPONSE_PREVIOUS);
	query_text(&q, t->previous);
	query_int(&q, t->key_row);
	if (query_row(&q)) {
		t->previous_row = query_get_int(&q, 0);
		status = query_get_text(&q, 1, a);
	}
	if (!query_close(&q, e))
		return false;
	if (status != NULL && strcmp(status, "done") == 0)
		return true;
	t->previous_row = 0;
	return refuse_previous(t, status, e);
}

static bool open_previous(struct db *db, struct store_turn *t, struct arena *a,
			  struct error *e)
{
	if (t->previous == NULL)
		return true;
	return find_previous(db, t, a, e) &&
	       (t->conversation != NULL ||
		load_messages(db, t, DB_STORED_RESPONSE_CHAIN, t->previous_row,
			      a, e));
}

/* A conversation must know what became of its last turn. */
static bool expire(struct db *db, const struct store_turn *t, struct error *e)
{
	if (t->conversation == NULL && t->previous == NULL)
		return interrupted_close_now_and_then(db, e);
	return interrupted_close(db, e);
}

/* What store_turn_open was called with. */
struct opening {
	struct store_turn *turn, before; /* … as it was */
	struct arena *arena;
};

static bool open_turn(struct db *db, void *ctx, struct error *e)
{
	struct opening *o = ctx;
	struct store_turn *t = o->turn;
	struct arena *a = o->arena;

	*t = o->before;
	t->conversation_row = t->previous_row = 0;
	return expire(db, t, e) && turns_find_key(db, t, e) &&
	       admission_take(db, t, a, e) && open_conversation(db, t, a, e) &&
	       open_previous(db, t, a, e) && turns_add_rows(db, t, NULL, e) &&
	       admission_note(db, t, e) &&
	       abandoned_chats_hold(db, t->chats, e);
}

bool store_turn_open(struct store *s, struct store_turn *t, struct arena *a,
		     struct error *e)
{
	struct opening o = { .turn = t, .before = *t, .arena = a };

	if (db_run(s, DB_TURN, open_turn, &o, e)) {
		abandoned_chats_held(t->chats);
		return true;
	}
	t->row = t->conversation_row = t->previous_row = 0;
	admission_abandon(t, e);
	return false;
}

static bool read_turn(struct db *db, struct store_turn *t, struct arena *a,
		      struct error *e)
{
	if (!keys_find(db, t->owner.fingerprint, &t->key_row, e))
		return false;
	if (t->conversation != NULL &&
	    (!find_conversation(db, t, a, e) ||
	     !load_messages(db, t, DB_CONVERSATION_MESSAGES,
			    t->conversation_row, a, e)))
		return false;
	return open_previous(db, t, a, e);
}

bool store_turn_read(struct store *s, struct store_turn *t, struct arena *a,
		     struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	t->conversation_row = t->previous_row = 0;
	return db != NULL && db_end(s, db, read_turn(db, t, a, e), e);
}
