/* SPDX-License-Identifier: MIT */
/* A turn: the row of its request and the conversation around it. */
#include "store/turns.h"

#include "base/clock.h"
#include "store/db.h"
#include "store/messages.h"

static bool find_key(struct db *db, struct store_turn *t, struct error *e)
{
	struct query q;

	t->key_row = 0;
	query_open(&q, db, DB_KEY_FIND);
	query_text(&q, t->key_fingerprint);
	if (query_row(&q))
		t->key_row = query_get_int(&q, 0);
	return query_close(&q, e);
}

static bool open_key(struct db *db, struct store_turn *t, struct error *e)
{
	struct query q;

	if (!find_key(db, t, e))
		return false;
	if (t->key_row != 0)
		return true;
	query_open(&q, db, DB_KEY_ADD);
	query_text(&q, t->key_fingerprint);
	query_text(&q, t->key_label);
	query_int(&q, t->started_ms);
	return query_run(&q, e) && find_key(db, t, e);
}

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

static bool check_free(struct db *db, const struct store_turn *t,
		       struct error *e)
{
	struct query q;
	bool busy;

	query_open(&q, db, DB_CONVERSATION_BUSY);
	query_int(&q, t->conversation_row);
	query_int(&q, clock_wall_ms());
	busy = query_row(&q);
	if (!query_close(&q, e))
		return false;
	return !busy || error_set(e, ERROR_BUSY,
				  "Another turn is running on this "
				  "conversation: try again when it has ended.");
}

static bool open_conversation(struct db *db, struct store_turn *t,
			      struct arena *a, struct error *e)
{
	struct query q;

	if (t->conversation == NULL)
		return true;
	query_open(&q, db, DB_CONVERSATION_ADD);
	query_int(&q, t->key_row);
	query_text(&q, t->conversation);
	query_int(&q, t->started_ms);
	if (!query_run(&q, e) || !find_conversation(db, t, a, e) ||
	    !check_free(db, t, e))
		return false;
	if (!messages_load(db, t->conversation_row, a, &t->messages,
			   &t->message_ids, &t->n_messages, e))
		return false;
	t->bookmark.known = t->n_messages;
	return true;
}

static bool add_request(struct db *db, struct store_turn *t, const char *status,
			struct error *e)
{
	struct query q;

	query_open(&q, db, DB_REQUEST_ADD);
	query_text(&q, t->request);
	query_int(&q, t->key_row);
	if (t->conversation_row == 0)
		query_null(&q);
	else
		query_int(&q, t->conversation_row);
	query_text(&q, t->dialect);
	query_text(&q, t->model);
	query_int(&q, t->stream);
	query_text(&q, status);
	query_int(&q, clock_wall_ms() + TURN_LEASE_MS);
	query_int(&q, t->started_ms);
	if (!query_run(&q, e))
		return false;
	t->row = sqlite3_last_insert_rowid(db->handle);
	return true;
}

/*
 * Turns whose process was killed. What their chats at Kimi hold is not known
 * any more, so their conversations go on in new ones.
 */
static bool note_interrupted(struct db *db, struct error *e)
{
	int64_t now = clock_wall_ms();
	struct query q;

	query_open(&q, db, DB_CONVERSATIONS_INTERRUPTED);
	query_int(&q, now);
	if (!query_run(&q, e))
		return false;
	query_open(&q, db, DB_REQUESTS_INTERRUPTED);
	query_int(&q, now);
	return query_run(&q, e);
}

static bool open_turn(struct db *db, struct store_turn *t, struct arena *a,
		      struct error *e)
{
	return note_interrupted(db, e) && open_key(db, t, e) &&
	       open_conversation(db, t, a, e) &&
	       add_request(db, t, "running", e);
}

bool store_turn_open(struct store *s, struct store_turn *t, struct arena *a,
		     struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	bool ok;

	if (db == NULL)
		return false;
	t->conversation_row = 0;
	ok = open_turn(db, t, a, e);
	if (!ok)
		db_abandon(s, db);
	else
		ok = db_commit(s, db, e);
	if (!ok)
		t->row = 0;
	return ok;
}

bool store_turn_renew(struct store *s, const struct store_turn *t,
		      struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_REQUEST_RENEW);
	query_int(&q, t->row);
	query_int(&q, clock_wall_ms() + TURN_LEASE_MS);
	if (query_run(&q, e))
		return db_commit(s, db, e);
	db_abandon(s, db);
	return false;
}

static void put_usage(struct query *q, const struct chat_usage *u)
{
	if (u->source == CHAT_USAGE_NONE) {
		for (int i = 0; i < 5; i++)
			query_null(q);
		return;
	}
	query_int(q, u->prompt);
	query_int(q, u->completion);
	query_int(q, u->cached);
	query_int(q, u->reasoning);
	query_text(q, chat_usage_source_name(u->source));
}

static const char *const status_names[] = {
	[STORE_DONE] = "done",
	[STORE_FAILED] = "failed",
	[STORE_CANCELLED] = "cancelled",
};

static bool close_request(struct db *db, const struct store_turn *t,
			  const struct store_outcome *o, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_REQUEST_CLOSE);
	query_int(&q, t->row);
	query_text(&q, status_names[o->status]);
	query_text(&q, o->credential_label);
	query_int(&q, o->http_status);
	query_text(&q, o->status == STORE_DONE ?
			       chat_finish_name(o->reply->finish) :
			       NULL);
	put_usage(&q, &o->usage);
	if (o->first_token_ms < 0)
		query_null(&q);
	else
		query_int(&q, o->first_token_ms);
	query_int(&q, o->duration_ms);
	query_text(&q, o->error == NULL ? NULL : error_name(o->error->kind));
	query_text(&q, o->error == NULL ? NULL : o->error->message);
	if (!query_run(&q, e))
		return false;
	/* Somebody took it for dead, and its conversation may have gone on. */
	return sqlite3_changes(db->handle) == 1 ||
	       error_set(e, ERROR_SETUP,
			 "This request lost its row: the process was stopped "
			 "for too long.");
}

static bool add_counters(struct db *db, const struct store_turn *t,
			 const struct store_outcome *o, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_COUNTER_ADD);
	query_int(&q, t->started_ms);
	query_int(&q, t->key_row);
	query_text(&q, t->model);
	query_text(&q, chat_usage_source_name(o->usage.source));
	query_int(&q, o->status != STORE_DONE);
	query_int(&q, o->usage.prompt);
	query_int(&q, o->usage.completion);
	query_int(&q, o->usage.cached);
	query_int(&q, o->usage.reasoning);
	return query_run(&q, e);
}

static bool has_content(const struct chat_reply *r)
{
	return r->text.len > 0 || r->reasoning.len > 0 || r->n_calls > 0;
}

/* An answer is kept in any case; only a done one joins the conversation. */
static bool add_answer(struct db *db, const struct store_turn *t,
		       const struct store_outcome *o, struct arena *a,
		       struct error *e)
{
	struct chat_message answer = chat_reply_message(o->reply);
	struct message_row row = {
		.request = t->row,
		.conversation = o->status == STORE_DONE ? t->conversation_row :
							  0,
		.at_ms = clock_wall_ms(),
		.message = &answer,
		.reply = o->reply,
	};

	if (o->status != STORE_DONE && !has_content(o->reply))
		return true;
	return messages_add(db, &row, a, e);
}

/* The stored messages that the client's history replaces. */
static bool cut_conversation(struct db *db, const struct store_turn *t,
			     size_t kept, struct error *e)
{
	struct query q;

	if (kept == t->n_messages)
		return true;
	query_open(&q, db, DB_CONVERSATION_CUT);
	query_int(&q, t->conversation_row);
	query_int(&q, kept == 0 ? 0 : t->message_ids[kept - 1]);
	return query_run(&q, e);
}

static bool extend_conversation(struct db *db, const struct store_turn *t,
				const struct store_outcome *o, struct arena *a,
				struct error *e)
{
	struct query q;

	if (!cut_conversation(db, t, o->history.kept, e))
		return false;
	for (size_t i = o->history.kept; i < o->request->n_messages; i++) {
		struct message_row row = {
			.request = t->row,
			.conversation = t->conversation_row,
			.at_ms = t->started_ms,
			.message = &o->request->messages[i],
		};

		if (!messages_add(db, &row, a, e))
			return false;
	}
	query_open(&q, db, DB_CONVERSATION_UPDATE);
	query_int(&q, t->conversation_row);
	query_text(&q, o->bookmark.chat == NULL ? NULL : o->credential);
	query_text(&q, o->bookmark.chat);
	query_text(&q, o->bookmark.message);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e);
}

static bool forget_chat(struct db *db, const struct store_turn *t,
			struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CONVERSATION_FORGET);
	query_int(&q, t->conversation_row);
	return query_run(&q, e);
}

static bool close_conversation(struct db *db, const struct store_turn *t,
			       const struct store_outcome *o, struct arena *a,
			       struct error *e)
{
	if (t->conversation_row == 0)
		return true;
	if (o->status == STORE_DONE)
		return extend_conversation(db, t, o, a, e);
	return !o->chat_touched || forget_chat(db, t, e);
}

static bool give_lease(struct db *db, int64_t lease, struct error *e)
{
	struct query q;

	if (lease == 0)
		return true;
	query_open(&q, db, DB_LEASE_GIVE);
	query_int(&q, lease);
	return query_run(&q, e);
}

static bool close_turn(struct db *db, struct store_turn *t,
		       const struct store_outcome *o, struct arena *a,
		       struct error *e)
{
	if (t->row == 0 && (!open_key(db, t, e) ||
			    !add_request(db, t, status_names[o->status], e)))
		return false;
	return close_request(db, t, o, e) && add_counters(db, t, o, e) &&
	       close_conversation(db, t, o, a, e) &&
	       add_answer(db, t, o, a, e) && give_lease(db, o->lease, e);
}

bool store_turn_close(struct store *s, struct store_turn *t,
		      const struct store_outcome *o, struct arena *a,
		      struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	if (db == NULL)
		return false;
	if (close_turn(db, t, o, a, e))
		return db_commit(s, db, e);
	db_abandon(s, db);
	return false;
}
