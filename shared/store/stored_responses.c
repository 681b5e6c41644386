/* SPDX-License-Identifier: MIT */
/* Stored responses: rows beside those of their requests. */
#include "store/stored_responses.h"

#include <string.h>

#include "base/clock.h"
#include "store/interrupted_internal.h"
#include "store/message_rows_internal.h"
#include "store/space_internal.h"
#include "store/stored_responses_internal.h"
#include "store/turn_lock_internal.h"

/* The columns of the view stored_response_details, in its order. */
enum column {
	COLUMN_SEQ,
	COLUMN_ID,
	COLUMN_DIALECT,
	COLUMN_MODEL,
	COLUMN_SETTINGS,
	COLUMN_METADATA,
	COLUMN_PREVIOUS,
	COLUMN_CONVERSATION,
	COLUMN_BACKGROUND,
	COLUMN_STREAM,
	COLUMN_STATUS,
	COLUMN_CANCELLED,
	COLUMN_LEASE_OWNER,
	COLUMN_LEASE_UNTIL,
	COLUMN_LEASE_UPTIME,
	COLUMN_STARTED_AT,
	COLUMN_DURATION_MS,
	COLUMN_FINISH_REASON,
	COLUMN_ERROR_KIND,
	COLUMN_ERROR,
	COLUMN_TOKEN_SOURCE,
	COLUMN_PROMPT_TOKENS,
	COLUMN_COMPLETION_TOKENS,
	COLUMN_CACHED_TOKENS,
	COLUMN_REASONING_TOKENS,
	COLUMN_CACHE_WRITE_TOKENS,
	COLUMN_CACHE_WRITE_1H_TOKENS,
	COLUMN_SEARCHES,
};

/* A response that a client cancelled is cancelled, however its process
 * ended. */
static enum stored_response_status status_of(struct query *q, struct arena *a)
{
	const char *status = query_get_text(q, COLUMN_STATUS, a);
	const struct lease lease = query_get_lease(q, COLUMN_LEASE_OWNER);

	if (query_get_int(q, COLUMN_CANCELLED) ||
	    strcmp(status, "cancelled") == 0)
		return STORED_RESPONSE_CANCELLED;
	if (strcmp(status, "done") == 0)
		return STORED_RESPONSE_DONE;
	if (strcmp(status, "running") == 0 &&
	    lease_is_held(&q->db->owners, &lease))
		return STORED_RESPONSE_RUNNING;
	return STORED_RESPONSE_FAILED;
}

static struct chat_usage read_usage(struct query *q, struct arena *a)
{
	const char *source = query_get_text(q, COLUMN_TOKEN_SOURCE, a);

	if (source == NULL)
		return (struct chat_usage){ 0 };
	return (struct chat_usage){
		.source = chat_usage_source_named(source),
		.prompt = query_get_int(q, COLUMN_PROMPT_TOKENS),
		.completion = query_get_int(q, COLUMN_COMPLETION_TOKENS),
		.cached = query_get_int(q, COLUMN_CACHED_TOKENS),
		.reasoning = query_get_int(q, COLUMN_REASONING_TOKENS),
		.cache_write = query_get_int(q, COLUMN_CACHE_WRITE_TOKENS),
		.cache_write_1h =
			query_get_int(q, COLUMN_CACHE_WRITE_1H_TOKENS),
		.searches = query_get_int(q, COLUMN_SEARCHES),
	};
}

static void read_error(struct query *q, struct stored_response *response,
		       struct arena *a)
{
	response->error_kind = query_get_text(q, COLUMN_ERROR_KIND, a);
	response->error = query_get_text(q, COLUMN_ERROR, a);
	if (response->error != NULL)
		return;
	if (response->status == STORED_RESPONSE_FAILED) {
		response->error_kind = "interrupted";
		response->error = TURN_LOCK_INTERRUPTED;
	} else if (response->status == STORED_RESPONSE_CANCELLED) {
		response->error_kind = error_name(ERROR_CLIENT_GONE);
		response->error = TURN_LOCK_WAS_CANCELLED;
	}
}

static void read_row(struct query *q, struct stored_response *response,
		     struct arena *a)
{
	const char *metadata = query_get_text(q, COLUMN_METADATA, a);
	const char *finish = query_get_text(q, COLUMN_FINISH_REASON, a);

	*response = (struct stored_response){
		.seq = query_get_int(q, COLUMN_SEQ),
		.id = query_get_text(q, COLUMN_ID, a),
		.dialect = query_get_text(q, COLUMN_DIALECT, a),
		.model = query_get_text(q, COLUMN_MODEL, a),
		.settings = query_get_text(q, COLUMN_SETTINGS, a),
		.metadata = metadata == NULL ? "{}" : metadata,
		.previous = query_get_text(q, COLUMN_PREVIOUS, a),
		.conversation = query_get_text(q, COLUMN_CONVERSATION, a),
		.background = query_get_int(q, COLUMN_BACKGROUND) != 0,
		.stream = query_get_int(q, COLUMN_STREAM) != 0,
		.status = status_of(q, a),
		.created_ms = query_get_int(q, COLUMN_STARTED_AT),
		.duration_ms = query_get_int(q, COLUMN_DURATION_MS),
		.usage = read_usage(q, a),
	};
	if (finish != NULL)
		response->finish = chat_finish_named(finish);
	read_error(q, response, a);
}

static bool load_messages(struct db *db, struct stored_response *response,
			  struct arena *a, struct error *e)
{
	struct message_list l;
	struct chat_message *input;

	if (!message_rows_load(db, DB_STORED_RESPONSE_MESSAGES, response->seq,
			       &l, a, e))
		return false;
	input = arena_array(a, l.n, sizeof(*input));
	for (size_t i = 0; i < l.n; i++)
		if (&l.messages[i] != l.reply)
			input[response->n_input++] = l.messages[i];
	response->input = input;
	response->message = l.reply;
	return true;
}

static bool no_such_response(const char *id, const char *param, struct error *e)
{
	return error_field(e, ERROR_NOT_FOUND, param,
			   "No such response: '%.64s'. It was not stored, was "
			   "deleted, or belongs to another API key.",
			   id);
}

static bool find(struct db *db, const char *key, const char *id,
		 struct stored_response *response, struct arena *a,
		 struct error *e)
{
	struct query q;

	response->id = NULL;
	query_open(&q, db, DB_STORED_RESPONSE_FIND);
	query_text(&q, key);
	query_text(&q, id);
	if (query_row(&q))
		read_row(&q, response, a);
	return query_close(&q, e) &&
	       (response->id != NULL || no_such_response(id, "id", e));
}

bool stored_response_find(struct store *s, const char *key, const char *id,
			  struct stored_response *response, struct arena *a,
			  struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	return db != NULL && db_end(s, db,
				    find(db, key, id, response, a, e) &&
					    load_messages(db, response, a, e),
				    e);
}

/* The row of its request, and whether its process may still write to it. */
struct row {
	int64_t seq; /* 0: there is none */
	bool running;
	int64_t key;
};

static bool find_row(struct db *db, const char *key, const char *id,
		     struct row *row, struct error *e)
{
	struct query q;

	*row = (struct row){ 0 };
	query_open(&q, db, DB_STORED_RESPONSE_ROW);
	query_text(&q, key);
	query_text(&q, id);
	if (query_row(&q)) {
		row->seq = query_get_int(&q, 0);
		row->running = query_get_int(&q, 1) != 0;
		row->key = query_get_int(&q, 2);
	}
	return query_close(&q, e);
}

/* Begins to change one; NULL if there is none. */
static struct db *begin_change(struct store *s, const char *key, const char *id,
			       struct row *row, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	if (db == NULL)
		return NULL;
	if (find_row(db, key, id, row, e) &&
	    (row->seq != 0 || no_such_response(id, "id", e)))
		return db;
	db_abandon(s, db);
	return NULL;
}

static bool set_metadata(struct db *db, const struct row *row,
			 const char *metadata, struct error *e)
{
	struct query q;

	if (!space_release(db, row->key, DB_STORED_RESPONSE_METADATA_KEPT,
			   row->seq, e))
		return false;
	db_keep(db, row->key, space_of(metadata));
	query_open(&q, db, DB_STORED_RESPONSE_SET_METADATA);
	query_int(&q, row->seq);
	query_text(&q, metadata);
	return query_run(&q, e);
}

bool stored_response_set_metadata(struct store *s, const char *key,
				  const char *id, const char *metadata,
				  struct error *e)
{
	struct row row;
	struct db *db = begin_change(s, key, id, &row, e);

	return db != NULL &&
	       db_end(s, db, set_metadata(db, &row, metadata, e), e);
}

bool stored_response_erase(struct db *db, int64_t key, int64_t seq,
			   struct error *e)
{
	return space_release(db, key, DB_STORED_RESPONSE_KEPT, seq, e) &&
	       query_run_on(db, DB_STREAM_LOG_DELETE, seq, e) &&
	       query_run_on(db, DB_STORED_RESPONSE_MESSAGES_DELETE, seq, e) &&
	       query_run_on(db, DB_STORED_RESPONSE_DELETE, seq, e);
}

/* A process that was stopped must not write to it afterwards. */
static bool delete_response(struct db *db, const struct row *row,
			    struct error *e)
{
	if (row->running)
		return error_set(
			e, ERROR_BUSY,
			"The response is still running: cancel it, or wait "
			"until it is complete.");
	return interrupted_close(db, e) &&
	       stored_response_erase(db, row->key, row->seq, e) &&
	       query_run_on(db, DB_STORED_RESPONSE_ERROR_DELETE, row->seq, e);
}

bool stored_response_delete(struct store *s, const char *key, const char *id,
			    struct error *e)
{
	struct row row;
	struct db *db = begin_change(s, key, id, &row, e);

	if (db == NULL || !db_end(s, db, delete_response(db, &row, e), e))
		return false;
	store_empty_log(s);
	return true;
}

static bool cancel(struct db *db, int64_t seq, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_STORED_RESPONSE_CANCEL);
	query_int(&q, seq);
	return query_run(&q, e);
}

bool stored_response_cancel(struct store *s, const char *key, const char *id,
			    struct error *e)
{
	struct row row;
	struct db *db = begin_change(s, key, id, &row, e);

	return db != NULL && db_end(s, db, cancel(db, row.seq, e), e);
}

static bool find_start(struct db *db, const char *key,
		       const struct stored_response_list *list, int64_t *start,
		       struct error *e)
{
	struct row row;

	*start = list->ascending ? 0 : INT64_MAX;
	if (list->after == NULL)
		return true;
	if (!find_row(db, key, list->after, &row, e))
		return false;
	*start = row.seq;
	return row.seq != 0 || no_such_response(list->after, "after", e);
}

static bool read_list(struct db *db, const char *key,
		      struct stored_response_list *list, struct arena *a,
		      struct error *e)
{
	int64_t start;
	struct query q;

	if (!find_start(db, key, list, &start, e))
		return false;
	query_open(&q, db,
		   list->ascending ? DB_STORED_RESPONSES_FORWARD :
				     DB_STORED_RESPONSES_BACKWARD);
	query_text(&q, key);
	query_text(&q, list->kind);
	query_text(&q, list->model);
	query_text(&q, list->metadata);
	query_int(&q, start);
	query_int(&q, (int64_t)list->limit + 1);
	for (list->n = 0; query_row(&q) && !list->more;)
		if (list->n == list->limit)
			list->more = true;
		else
			read_row(&q, &list->responses[list->n++], a);
	if (!query_close(&q, e))
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!load_messages(db, &list->responses[i], a, e))
			return false;
	return true;
}

bool stored_response_list(struct store *s, const char *key,
			  struct stored_response_list *list, struct arena *a,
			  struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	if (db == NULL)
		return false;
	list->responses = arena_array(a, list->limit, sizeof(*list->responses));
	list->more = false;
	return db_end(s, db, read_list(db, key, list, a, e), e);
}
