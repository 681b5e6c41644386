/* SPDX-License-Identifier: MIT */
/* Rows that a turn writes when it opens or, at the latest, when it closes. */
#include "store/turn_rows_internal.h"

#include <assert.h>

#include "base/clock.h"
#include "base/encode.h"
#include "store/messages_internal.h"

bool turn_note_interrupted(struct db *db, struct error *e)
{
	int64_t now = clock_wall_ms();

	return query_run_on(db, DB_CONVERSATIONS_INTERRUPTED, now, e) &&
	       query_run_on(db, DB_REQUESTS_INTERRUPTED, now, e);
}

bool turn_check_free(struct db *db, int64_t conversation, struct error *e)
{
	struct query q;
	bool busy;

	query_open(&q, db, DB_CONVERSATION_BUSY);
	query_int(&q, conversation);
	query_int(&q, clock_wall_ms());
	busy = query_row(&q);
	if (!query_close(&q, e))
		return false;
	return !busy || error_set(e, ERROR_BUSY,
				  "Another turn is running on this "
				  "conversation: try again when it has ended.");
}

bool turn_lost(struct error *e)
{
	return error_set(e, ERROR_SETUP,
			 "This request lost its row: the process was stopped "
			 "for too long.");
}

bool turn_cancelled(struct error *e)
{
	return error_set(e, ERROR_CLIENT_GONE, "The answer was cancelled.");
}

static bool add_request(struct db *db, struct store_turn *t, const char *status,
			struct error *e)
{
	struct query q;

	query_open(&q, db, DB_REQUEST_ADD);
	query_text(&q, t->request);
	query_int(&q, t->key_row);
	query_row_id(&q, t->conversation_row);
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

static bool add_answer(struct db *db, const struct store_turn *t,
		       struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ANSWER_ADD);
	query_int(&q, t->row);
	query_int(&q, t->key_row);
	query_text(&q, t->keep->id);
	query_row_id(&q, t->previous_row);
	query_text(&q, t->keep->settings);
	query_text(&q, t->keep->metadata);
	query_int(&q, t->keep->background);
	return query_run(&q, e);
}

bool turn_add_rows(struct db *db, struct store_turn *t, const char *status,
		   struct error *e)
{
	assert(t->keep == NULL || !t->ephemeral);
	return add_request(db, t, status, e) &&
	       (t->keep == NULL || add_answer(db, t, e));
}

bool turn_read_mark(struct db *db, const struct store_turn *t,
		    struct turn_mark *mark, struct error *e)
{
	struct query q;

	*mark = (struct turn_mark){ 0 };
	if (t->keep == NULL)
		return true;
	query_open(&q, db, DB_ANSWER_STATE);
	query_int(&q, t->row);
	if (query_row(&q)) {
		mark->cancelled = query_get_int(&q, 0) != 0;
		mark->deleted = query_get_int(&q, 1) != 0;
	}
	return query_close(&q, e);
}

bool turn_add_input(struct db *db, const struct store_turn *t,
		    int64_t conversation, const struct chat_request *request,
		    size_t first, struct arena *a, struct error *e)
{
	for (size_t i = first; i < request->n_messages; i++) {
		struct message_row row = {
			.request = t->row,
			.conversation = conversation,
			.at_ms = t->started_ms,
			.uid = random_id(a, ""),
			.message = &request->messages[i],
		};

		if (!messages_add(db, &row, a, e))
			return false;
	}
	return true;
}
