/* SPDX-License-Identifier: MIT */
/* A turn closes: what came of it, in one transaction. */
#include "store/turns.h"

#include "base/clock.h"
#include "base/encode.h"
#include "store/db.h"
#include "store/keys_internal.h"
#include "store/messages_internal.h"
#include "store/turn_rows_internal.h"

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

/* What went wrong may quote what was said. */
static bool close_request(struct db *db, const struct store_turn *t,
			  const struct store_outcome *o, bool ephemeral,
			  struct error *e)
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
	query_text(&q,
		   o->error == NULL || ephemeral ? NULL : o->error->message);
	if (!query_run(&q, e))
		return false;
	/* Somebody took it for dead, and its conversation may have gone on. */
	return sqlite3_changes(db->handle) == 1 || turn_lost(e);
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

/* One that is neither kept nor in a conversation is only on record. */
static const char *uid_of(const struct store_turn *t,
			  const struct store_outcome *o, struct arena *a)
{
	if (t->keep == NULL && t->conversation_row == 0)
		return NULL;
	return o->uid == NULL ? random_id(a, "") : o->uid;
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
		.answer = true,
		.uid = uid_of(t, o, a),
		.message = &answer,
	};

	if (o->status != STORE_DONE && !has_content(o->reply))
		return true;
	return messages_add(db, &row, a, e);
}

static bool cut_behind(struct db *db, enum db_statement which,
		       const struct store_turn *t, int64_t last,
		       struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	query_int(&q, t->conversation_row);
	query_int(&q, last);
	return query_run(&q, e);
}

/* The stored messages that the client's history replaces. */
static bool cut_conversation(struct db *db, const struct store_turn *t,
			     size_t kept, struct error *e)
{
	int64_t last = kept == 0 ? 0 : t->message_ids[kept - 1];

	if (kept == t->n_messages)
		return true;
	return cut_behind(db, DB_CONVERSATION_CUT_LOOSE, t, last, e) &&
	       cut_behind(db, DB_CONVERSATION_CUT, t, last, e);
}

static bool update_conversation(struct db *db, const struct store_turn *t,
				const struct store_outcome *o, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CONVERSATION_UPDATE);
	query_int(&q, t->conversation_row);
	query_text(&q, o->bookmark.chat == NULL ? NULL : o->credential);
	query_text(&q, o->bookmark.chat);
	query_text(&q, o->bookmark.message);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e);
}

static bool take_input(struct db *db, const struct store_turn *t,
		       struct error *e)
{
	struct query q;

	query_open(&q, db, DB_CONVERSATION_TAKE_INPUT);
	query_int(&q, t->row);
	query_int(&q, t->conversation_row);
	return query_run(&q, e);
}

static bool extend_conversation(struct db *db, const struct store_turn *t,
				const struct store_outcome *o, struct arena *a,
				struct error *e)
{
	if (!cut_conversation(db, t, o->history.kept, e))
		return false;
	if (t->input_kept ? !take_input(db, t, e) :
			    !turn_add_input(db, t, t->conversation_row,
					    o->request, o->history.kept, a, e))
		return false;
	return update_conversation(db, t, o, e);
}

/* What was said in it stays in order, so its answer comes last. */
static bool add_texts(struct db *db, const struct store_turn *t,
		      const struct store_outcome *o, struct arena *a,
		      struct error *e)
{
	bool ok = true;

	if (t->conversation_row != 0 && o->status == STORE_DONE)
		ok = extend_conversation(db, t, o, a, e);
	else if (t->keep != NULL && !t->input_kept && o->request != NULL)
		ok = turn_add_input(db, t, 0, o->request, o->history.kept, a,
				    e);
	return ok && add_answer(db, t, o, a, e);
}

static bool add_events(struct db *db, const struct store_turn *t,
		       const struct store_outcome *o, struct error *e)
{
	struct query q;

	if (t->keep == NULL || o->events == NULL)
		return true;
	query_open(&q, db, DB_STREAM_LOG_ADD);
	query_int(&q, t->row);
	query_text(&q, o->events);
	return query_run(&q, e);
}

static bool give_slot(struct db *db, int64_t lease, struct error *e)
{
	return lease == 0 || query_run_on(db, DB_LEASE_GIVE, lease, e);
}

/* A row of its own for a turn that has none; else what became of that. */
static bool find_rows(struct db *db, struct store_turn *t,
		      const struct store_outcome *o, struct turn_mark *mark,
		      struct error *e)
{
	if (t->row != 0)
		return turn_read_mark(db, t, mark, e);
	*mark = (struct turn_mark){ 0 };
	return keys_open(db, t->key_fingerprint, t->key_label, &t->key_row,
			 e) &&
	       turn_add_rows(db, t,
			     t->keep == NULL ? status_names[o->status] :
					       "running",
			     e);
}

static bool write_outcome(struct db *db, const struct store_turn *t,
			  const struct store_outcome *o, bool ephemeral,
			  struct arena *a, struct error *e)
{
	bool forgets = t->conversation_row != 0 && o->chat_touched &&
		       (ephemeral || o->status != STORE_DONE);

	return add_events(db, t, o, e) &&
	       close_request(db, t, o, ephemeral, e) &&
	       add_counters(db, t, o, e) &&
	       (!forgets || query_run_on(db, DB_CONVERSATION_FORGET,
					 t->conversation_row, e)) &&
	       (ephemeral || add_texts(db, t, o, a, e)) &&
	       give_slot(db, o->lease, e);
}

static bool close_turn(struct db *db, struct store_turn *t,
		       const struct store_outcome *o, bool *refused,
		       struct arena *a, struct error *e)
{
	struct store_outcome told = *o;
	struct turn_mark mark;
	struct error why;

	if (!find_rows(db, t, o, &mark, e))
		return false;
	*refused = mark.cancelled && o->status == STORE_DONE;
	if (mark.cancelled && o->status != STORE_CANCELLED) {
		turn_cancelled(&why);
		told.status = STORE_CANCELLED;
		told.error = &why;
	}
	return write_outcome(db, t, &told, t->ephemeral || mark.deleted, a, e);
}

bool store_turn_close(struct store *s, struct store_turn *t,
		      const struct store_outcome *o, struct arena *a,
		      struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	bool refused = false;

	if (db == NULL ||
	    !db_end(s, db, close_turn(db, t, o, &refused, a, e), e))
		return false;
	return !refused || turn_cancelled(e);
}
