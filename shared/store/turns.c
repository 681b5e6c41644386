/* SPDX-License-Identifier: MIT */
/* The rows of a turn, and its lease while it runs. */
#include "store/turns.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/random_id.h"
#include "store/abandoned_chats_internal.h"
#include "store/attempts_internal.h"
#include "store/keys_internal.h"
#include "store/message_rows_internal.h"
#include "store/space_internal.h"
#include "store/turn_lock_internal.h"
#include "store/turns_internal.h"

bool turns_find_key(struct db *db, struct store_turn *t, struct error *e)
{
	return keys_ensure(db, &t->owner, &t->key_row, e);
}

static void put_usage(struct query *q, const struct chat_usage *u)
{
	if (u->source == CHAT_USAGE_NONE) {
		for (int i = 0; i < 8; i++)
			query_null(q);
		return;
	}
	query_int(q, u->prompt);
	query_int(q, u->completion);
	query_int(q, u->cached);
	query_int(q, u->reasoning);
	query_int(q, u->cache_write);
	query_int(q, u->cache_write_1h);
	query_text(q, chat_usage_source_name(u->source));
	query_int(q, u->searches);
}

static void put_cost(struct query *q, const struct store_cost *c)
{
	if (c->currency == NULL)
		query_null(q);
	else
		query_int(q, c->nano);
	query_text(q, c->currency);
	query_row_id(q, c->price_id);
	if (c->list_currency == NULL)
		query_null(q);
	else
		query_int(q, c->list_nano);
	query_text(q, c->list_currency);
}

static const char *const status_names[] = {
	[STORE_DONE] = "done",
	[STORE_FAILED] = "failed",
	[STORE_CANCELLED] = "cancelled",
	[STORE_REFUSED] = "refused",
	[STORE_INTERRUPTED] = "interrupted",
};

static void put_known(struct query *q, int64_t v, bool known)
{
	if (known)
		query_int(q, v);
	else
		query_null(q);
}

/* An interruption is no kind of error that a client gets. */
static const char *kind_of(const struct store_outcome *o)
{
	if (o->status == STORE_INTERRUPTED)
		return status_names[STORE_INTERRUPTED];
	return o->error == NULL ? NULL : error_name(o->error->kind);
}

/* The columns from status to first_byte_ms, the same in both statements. */
static void put_outcome(struct query *q, const struct store_outcome *o)
{
	query_text(q, status_names[o->status]);
	query_text(q, o->credential_label);
	query_text(q, o->service);
	query_text(q, o->region);
	put_known(q, o->http_status, o->http_status != 0);
	query_text(q, o->status == STORE_DONE ?
			      chat_finish_name(o->reply->finish) :
			      NULL);
	put_usage(q, &o->usage);
	put_cost(q, &o->cost);
	put_known(q, o->first_token_ms, o->first_token_ms >= 0);
	put_known(q, o->duration_ms, o->duration_ms >= 0);
	query_text(q, kind_of(o));
	query_text(q, o->error == NULL || *o->error->message == '\0' ?
			      NULL :
			      o->error->message);
	attempts_put_own(q, o->attempts);
}

#define OUTCOME_COLUMNS 30

static void put_running(struct query *q)
{
	query_text(q, "running");
	for (int i = 1; i < OUTCOME_COLUMNS; i++)
		query_null(q);
}

static bool add_request(struct db *db, struct store_turn *t,
			const struct store_outcome *o, struct error *e)
{
	struct lease lease = { .until = clock_wall_ms() };
	struct query q;

	if (o == NULL)
		lease = lease_take(&db->owners, TURN_LEASE_MS);
	query_open(&q, db, DB_REQUEST_ADD);
	query_text(&q, t->request);
	query_int(&q, t->key_row);
	query_row_id(&q, t->conversation_row);
	query_text(&q, t->dialect);
	query_text(&q, t->model);
	query_int(&q, t->stream);
	query_lease(&q, &lease);
	query_int(&q, t->started_ms);
	if (o == NULL)
		put_running(&q);
	else
		put_outcome(&q, o);
	if (!query_run(&q, e))
		return false;
	t->row = db_inserted(db);
	return true;
}

static bool add_stored_response(struct db *db, const struct store_turn *t,
				struct error *e)
{
	struct query q;

	query_open(&q, db, DB_STORED_RESPONSE_ADD);
	query_int(&q, t->row);
	query_int(&q, t->key_row);
	query_text(&q, t->store_as->id);
	query_text(&q, t->store_as->kind);
	query_row_id(&q, t->previous_row);
	query_text(&q, t->store_as->settings);
	query_text(&q, t->store_as->metadata);
	query_int(&q, t->store_as->background);
	db_keep(db, t->key_row,
		SPACE_ROW + space_of(t->store_as->settings) +
			space_of(t->store_as->metadata));
	return query_run(&q, e);
}

bool turns_add_rows(struct db *db, struct store_turn *t,
		    const struct store_outcome *o, struct error *e)
{
	assert(t->store_as == NULL || !t->ephemeral);
	return add_request(db, t, o, e) &&
	       (t->store_as == NULL || add_stored_response(db, t, e));
}

bool turns_close_row(struct db *db, const struct store_turn *t,
		     const struct store_outcome *o, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_REQUEST_CLOSE);
	query_int(&q, t->row);
	query_text(&q, t->request);
	put_outcome(&q, o);
	if (!query_run(&q, e))
		return false;
	/* The conversation may have continued without it. */
	return db_changes(db) == 1 || turn_lock_lost(e);
}

bool turns_read_mark(struct db *db, const struct store_turn *t,
		     struct turn_mark *mark, struct error *e)
{
	struct query q;

	*mark = (struct turn_mark){ 0 };
	if (t->store_as == NULL)
		return true;
	query_open(&q, db, DB_STORED_RESPONSE_MARK);
	query_int(&q, t->row);
	if (query_row(&q)) {
		mark->cancelled = query_get_int(&q, 0) != 0;
		mark->deleted = query_get_int(&q, 1) != 0;
	}
	return query_close(&q, e);
}

bool turns_add_input(struct db *db, const struct store_turn *t,
		     const struct turn_input *input, struct arena *a,
		     struct error *e)
{
	const struct chat_request *request = input->request;

	for (size_t i = input->first; i < request->n_messages; i++) {
		struct message_row row = {
			.request = t->row,
			.conversation = input->conversation,
			.at_ms = t->started_ms,
			.uid = random_id_ordered(a, ""),
			.message = &request->messages[i],
			.api_key = t->key_row,
		};

		if (!message_rows_add(db, &row, a, e))
			return false;
	}
	return true;
}

struct renewal {
	const struct store_turn *turn;
	struct turn_mark mark;
	bool held;
};

static bool renew(struct db *db, void *ctx, struct error *e)
{
	struct renewal *r = ctx;
	const struct store_turn *t = r->turn;

	return turn_lock_renew(db, t->row, t->request, &r->held, e) &&
	       turns_read_mark(db, t, &r->mark, e) &&
	       abandoned_chats_hold(db, t->chats, e);
}

bool store_turn_renew(struct store *s, const struct store_turn *t,
		      struct error *e)
{
	struct renewal r = { .turn = t };

	if (!db_run(s, DB_TURN, renew, &r, e))
		return false;
	abandoned_chats_held(t->chats);
	if (!r.held)
		return turn_lock_lost(e);
	return !r.mark.cancelled || turn_lock_cancelled(e);
}

static bool store_input(struct db *db, struct store_turn *t,
			const struct turn_input *input, struct arena *a,
			struct error *e)
{
	struct turn_mark mark;

	return turns_read_mark(db, t, &mark, e) &&
	       (mark.deleted || turns_add_input(db, t, input, a, e));
}

bool store_turn_store_input(struct store *s, struct store_turn *t,
			    const struct chat_request *request, size_t first,
			    struct arena *a, struct error *e)
{
	const struct turn_input input = { request, first, 0 };
	struct db *db;

	if (t->ephemeral)
		return true;
	db = db_begin(s, DB_TURN, e);
	if (db == NULL || !db_end(s, db, store_input(db, t, &input, a, e), e))
		return false;
	t->input_stored = true;
	return true;
}
