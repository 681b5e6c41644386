/* SPDX-License-Identifier: MIT */
/* Writes everything that came of a turn. */
#include "store/turn_outcome_internal.h"

#include "base/clock.h"
#include "base/random_id.h"
#include "chat/reply_key.h"
#include "store/abandoned_chats_internal.h"
#include "store/admission_internal.h"
#include "store/attempts_internal.h"
#include "store/message_rows_internal.h"
#include "store/prices_internal.h"
#include "store/slots_internal.h"
#include "store/stream_log_internal.h"
#include "store/turns_internal.h"
#include "store/usage_sums_internal.h"

static bool has_content(const struct chat_reply *r)
{
	return r->text.len > 0 || r->reasoning.len > 0 || r->n_calls > 0;
}

/* Nobody can ask for a reply that is neither stored for its client nor in a
 * conversation. */
static const char *uid_of(const struct store_turn *t, const char *uid,
			  struct arena *a)
{
	if (t->store_as == NULL && t->conversation_row == 0)
		return NULL;
	return uid == NULL ? random_id_ordered(a, "") : uid;
}

/* By this the reply is recognised when it comes back without its reasoning. */
static const char *key_of(const struct store_outcome *o,
			  const struct chat_message *reply, struct arena *a)
{
	static const struct chat_request nothing;
	const struct chat_request *q = o->request != NULL ? o->request :
							    &nothing;
	struct chat_reply_keys keys;

	if (reply->reasoning == NULL && reply->details == NULL)
		return NULL;
	chat_reply_keys_init(&keys, q, a);
	return chat_reply_key(&keys, q->n_messages, reply);
}

/* Every reply is recorded; only one that is done joins the conversation. */
static bool add_reply(struct db *db, const struct store_turn *t,
		      const struct store_outcome *o, const struct chat_reply *r,
		      struct arena *a, struct error *e)
{
	struct chat_message reply = chat_reply_message(r);
	struct message_row row = {
		.request = t->row,
		.conversation = o->status == STORE_DONE ? t->conversation_row :
							  0,
		.at_ms = clock_wall_ms(),
		.reply = true,
		.uid = uid_of(t, r == o->reply ? o->uid : NULL, a),
		.key = key_of(o, &reply, a),
		.message = &reply,
		.api_key = t->key_row,
	};

	if (o->status != STORE_DONE && !has_content(r))
		return true;
	return message_rows_add(db, &row, a, e);
}

/* `*released` bytes are no longer kept. */
static bool cut_after(struct db *db, enum db_statement which,
		      const struct store_turn *t, int64_t last,
		      int64_t *released, struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	query_int(&q, t->conversation_row);
	query_int(&q, last);
	while (query_row(&q))
		*released += query_get_int(&q, 0);
	return query_close(&q, e);
}

/* The stored messages that the client's history replaces. */
static bool cut_conversation(struct db *db, const struct store_turn *t,
			     size_t kept, struct error *e)
{
	int64_t last = kept == 0 ? 0 : t->message_ids[kept - 1], released = 0;

	if (kept == t->n_messages)
		return true;
	if (!cut_after(db, DB_CONVERSATION_CUT_DELETE, t, last, &released, e) ||
	    !cut_after(db, DB_CONVERSATION_CUT, t, last, &released, e))
		return false;
	db_keep(db, t->key_row, -released);
	return true;
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
	const struct turn_input input = { o->request, o->history.kept,
					  t->conversation_row };

	return cut_conversation(db, t, o->history.kept, e) &&
	       (t->input_stored ? take_input(db, t, e) :
				  turns_add_input(db, t, &input, a, e)) &&
	       update_conversation(db, t, o, e);
}

/* Messages are in the order of their ids, so the replies are added last. */
static bool add_texts(struct db *db, const struct store_turn *t,
		      const struct store_outcome *o, struct arena *a,
		      struct error *e)
{
	const struct turn_input input = { o->request, o->history.kept, 0 };
	bool ok = true;

	if (t->conversation_row != 0 && o->status == STORE_DONE)
		ok = extend_conversation(db, t, o, a, e);
	else if (t->store_as != NULL && !t->input_stored && o->request != NULL)
		ok = turns_add_input(db, t, &input, a, e);
	for (const struct chat_reply *r = o->reply; ok && r != NULL;
	     r = r->next)
		ok = add_reply(db, t, o, r, a, e);
	return ok;
}

static bool release_slot(struct db *db, int64_t slot, struct error *e)
{
	return slot == 0 || slots_release(db, slot, e);
}

/* Who closes a turn for its dead process does not know what it had reserved. */
static bool settle(struct db *db, const struct store_turn *t,
		   const struct store_outcome *o, struct error *e)
{
	return (t->admission == NULL && o->status != STORE_INTERRUPTED) ||
	       admission_settle(db, t->row, e);
}

/* A turn that was not opened has no rows yet. Only one that is running gets a
 * batch of events. */
static bool write_rows(struct db *db, struct store_turn *t,
		       const struct store_outcome *o, struct error *e)
{
	bool logs = t->store_as != NULL && o->events != NULL;

	if (t->row == 0 && !logs)
		return turns_add_rows(db, t, o, e);
	return (t->row != 0 || turns_add_rows(db, t, NULL, e)) &&
	       (!logs || stream_log_add(db, t->row, o->events, e)) &&
	       turns_close_row(db, t, o, e) && settle(db, t, o, e);
}

/* … and what is known of it beside its row. */
static bool write_request(struct db *db, struct store_turn *t,
			  const struct store_outcome *o, bool ephemeral,
			  struct error *e)
{
	return write_rows(db, t, o, e) &&
	       attempts_add(db, t->row, o->attempts, ephemeral, e) &&
	       usage_sums_add(db, t, o, e);
}

bool turn_outcome_write(struct db *db, struct store_turn *t,
			struct store_outcome *o, bool ephemeral,
			struct arena *a, struct error *e)
{
	bool abandons = t->conversation_row != 0 && o->chat_touched &&
			(ephemeral || o->status != STORE_DONE);

	return prices_charge(db, t->model, t->started_ms, o, a, e) &&
	       write_request(db, t, o, ephemeral, e) &&
	       abandoned_chats_release(db, t->chats, e) &&
	       (!abandons || query_run_on(db, DB_CONVERSATION_DROP_CHAT,
					  t->conversation_row, e)) &&
	       (ephemeral || add_texts(db, t, o, a, e)) &&
	       release_slot(db, o->slot, e);
}
