/* SPDX-License-Identifier: MIT */
/* Kept answers: the rows beside those of their requests. */
#include "store/stored_responses.h"

#include <string.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/messages_internal.h"
#include "store/turn_rows_internal.h"

/* What its client was told stays true, however the process ended. */
static enum stored_response_status status_of(struct query *q, struct arena *a)
{
	const char *status = query_get_text(q, 10, a);

	if (query_get_int(q, 11) || strcmp(status, "cancelled") == 0)
		return STORED_RESPONSE_CANCELLED;
	if (strcmp(status, "done") == 0)
		return STORED_RESPONSE_DONE;
	if (strcmp(status, "running") == 0 &&
	    query_get_int(q, 12) >= clock_wall_ms())
		return STORED_RESPONSE_RUNNING;
	return STORED_RESPONSE_FAILED;
}

static void read_end(struct query *q, struct stored_response *answer,
		     struct arena *a)
{
	const char *finish = query_get_text(q, 15, a);
	const char *source = query_get_text(q, 18, a);

	answer->duration_ms = query_get_int(q, 14);
	if (finish != NULL)
		answer->finish = chat_finish_named(finish);
	if (source != NULL)
		answer->usage = (struct chat_usage){
			.source = chat_usage_source_named(source),
			.prompt = query_get_int(q, 19),
			.completion = query_get_int(q, 20),
			.cached = query_get_int(q, 21),
			.reasoning = query_get_int(q, 22),
		};
	answer->error_kind = query_get_text(q, 16, a);
	answer->error = query_get_text(q, 17, a);
	if (answer->error != NULL)
		return;
	if (answer->status == STORED_RESPONSE_FAILED) {
		answer->error_kind = "interrupted";
		answer->error = "the process that answered was ended";
	} else if (answer->status == STORED_RESPONSE_CANCELLED) {
		answer->error_kind = error_name(ERROR_CLIENT_GONE);
		answer->error = "The answer was cancelled.";
	}
}

static void read_row(struct query *q, struct stored_response *answer,
		     struct arena *a)
{
	const char *metadata = query_get_text(q, 5, a);

	*answer = (struct stored_response){
		.seq = query_get_int(q, 0),
		.id = query_get_text(q, 1, a),
		.dialect = query_get_text(q, 2, a),
		.model = query_get_text(q, 3, a),
		.settings = query_get_text(q, 4, a),
		.metadata = metadata == NULL ? "{}" : metadata,
		.previous = query_get_text(q, 6, a),
		.conversation = query_get_text(q, 7, a),
		.background = query_get_int(q, 8) != 0,
		.stream = query_get_int(q, 9) != 0,
		.status = status_of(q, a),
		.created_ms = query_get_int(q, 13),
	};
	read_end(q, answer, a);
}

static bool load_messages(struct db *db, struct stored_response *answer,
			  struct arena *a, struct error *e)
{
	struct message_list l;
	struct chat_message *input;

	if (!messages_load(db, DB_ANSWER_MESSAGES, answer->seq, &l, a, e))
		return false;
	input = arena_array(a, l.n, sizeof(*input));
	for (size_t i = 0; i < l.n; i++)
		if (&l.messages[i] != l.answer)
			input[answer->n_input++] = l.messages[i];
	answer->input = input;
	answer->message = l.answer;
	return true;
}

static bool no_such_answer(const char *id, const char *param, struct error *e)
{
	return error_field(e, ERROR_NOT_FOUND, param,
			   "No such answer: '%.64s'. It was not stored, was "
			   "deleted, or belongs to another API key.",
			   id);
}

static bool find(struct db *db, const char *key, const char *id,
		 struct stored_response *answer, struct arena *a,
		 struct error *e)
{
	struct query q;

	answer->id = NULL;
	query_open(&q, db, DB_ANSWER_FIND);
	query_text(&q, key);
	query_text(&q, id);
	if (query_row(&q))
		read_row(&q, answer, a);
	return query_close(&q, e) &&
	       (answer->id != NULL || no_such_answer(id, "id", e));
}

bool stored_response_find(struct store *s, const char *key, const char *id,
			  struct stored_response *answer, struct arena *a,
			  struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	return db != NULL && db_end(s, db,
				    find(db, key, id, answer, a, e) &&
					    load_messages(db, answer, a, e),
				    e);
}

/* Its request's row; `running`: its process may still write to it. */
static bool find_place(struct db *db, const char *key, const char *id,
		       const char *param, int64_t *seq, bool *running,
		       struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ANSWER_PLACE);
	query_text(&q, key);
	query_text(&q, id);
	query_int(&q, clock_wall_ms());
	*seq = query_row(&q) ? query_get_int(&q, 0) : 0;
	*running = *seq != 0 && query_get_int(&q, 1) != 0;
	return query_close(&q, e) &&
	       (*seq != 0 || no_such_answer(id, param, e));
}

/* Begins to change one; NULL when there is none. */
static struct db *begin_change(struct store *s, const char *key, const char *id,
			       int64_t *seq, bool *running, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	if (db == NULL || find_place(db, key, id, "id", seq, running, e))
		return db;
	db_abandon(s, db);
	return NULL;
}

static bool describe(struct db *db, int64_t seq, const char *metadata,
		     struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ANSWER_DESCRIBE);
	query_int(&q, seq);
	query_text(&q, metadata);
	return query_run(&q, e);
}

bool stored_response_describe(struct store *s, const char *key, const char *id,
			      const char *metadata, struct error *e)
{
	bool running;
	int64_t seq;
	struct db *db = begin_change(s, key, id, &seq, &running, e);

	return db != NULL && db_end(s, db, describe(db, seq, metadata, e), e);
}

/* A process that was only stopped may not write to it afterwards. */
static bool delete_answer(struct db *db, int64_t seq, bool running,
			  struct error *e)
{
	if (running)
		return error_set(e, ERROR_BUSY,
				 "The answer is still being made: delete it "
				 "when it is done or cancelled.");
	return turn_note_interrupted(db, e) &&
	       query_run_on(db, DB_STREAM_LOG_DELETE, seq, e) &&
	       query_run_on(db, DB_ANSWER_MESSAGES_DELETE, seq, e) &&
	       query_run_on(db, DB_ANSWER_ERROR_DELETE, seq, e) &&
	       query_run_on(db, DB_ANSWER_DELETE, seq, e);
}

bool stored_response_delete(struct store *s, const char *key, const char *id,
			    struct error *e)
{
	bool running;
	int64_t seq;
	struct db *db = begin_change(s, key, id, &seq, &running, e);

	if (db == NULL || !db_end(s, db, delete_answer(db, seq, running, e), e))
		return false;
	store_empty_log(s);
	return true;
}

static bool cancel(struct db *db, int64_t seq, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ANSWER_CANCEL);
	query_int(&q, seq);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e);
}

bool stored_response_cancel(struct store *s, const char *key, const char *id,
			    struct error *e)
{
	bool running;
	int64_t seq;
	struct db *db = begin_change(s, key, id, &seq, &running, e);

	return db != NULL && db_end(s, db, cancel(db, seq, e), e);
}

static bool find_start(struct db *db, const char *key,
		       const struct stored_response_list *list, int64_t *start,
		       struct error *e)
{
	bool running;

	*start = list->ascending ? 0 : INT64_MAX;
	return list->after == NULL ||
	       find_place(db, key, list->after, "after", start, &running, e);
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
		   list->ascending ? DB_ANSWERS_FORWARD : DB_ANSWERS_BACKWARD);
	query_text(&q, key);
	query_text(&q, list->prefix);
	query_text(&q, list->model);
	query_text(&q, list->metadata);
	query_int(&q, start);
	query_int(&q, (int64_t)list->limit + 1);
	for (list->n = 0; query_row(&q) && !list->more;)
		if (list->n == list->limit)
			list->more = true;
		else
			read_row(&q, &list->answers[list->n++], a);
	if (!query_close(&q, e))
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!load_messages(db, &list->answers[i], a, e))
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
	list->answers = arena_array(a, list->limit, sizeof(*list->answers));
	list->more = false;
	return db_end(s, db, read_list(db, key, list, a, e), e);
}
