/* SPDX-License-Identifier: MIT */
/* Requests as their owner looks at them. */
#include "store/requests.h"

#include "store/db_internal.h"

#define BATCH 1000

/* The columns of a row one after the other. */
struct cursor {
	struct query *q;
	struct arena *a;
	int column;
};

static const char *next_text(struct cursor *c)
{
	return query_get_text(c->q, c->column++, c->a);
}

static int64_t next_number(struct cursor *c)
{
	return query_get_number(c->q, c->column++, STORE_ABSENT);
}

/* --- A request ------------------------------------------------------------ */

/* In the order of request_row; initializers are not in any. */
static void read_request(struct cursor *c, struct store_request *r)
{
	r->seq = next_number(c);
	r->id = next_text(c);
	r->key = next_text(c);
	r->conversation = next_text(c);
	r->dialect = next_text(c);
	r->model = next_text(c);
	r->stream = next_number(c);
	r->status = next_text(c);
	r->started_at = next_number(c);
	r->http_status = next_number(c);
	r->credential = next_text(c);
	r->service = next_text(c);
	r->region = next_text(c);
	r->first_token_ms = next_number(c);
	r->duration_ms = next_number(c);
	r->finish_reason = next_text(c);
	r->token_source = next_text(c);
	r->prompt_tokens = next_number(c);
	r->completion_tokens = next_number(c);
	r->cached_tokens = next_number(c);
	r->cache_write_tokens = next_number(c);
	r->reasoning_tokens = next_number(c);
	r->searches = next_number(c);
	r->cost = next_number(c);
	r->currency = next_text(c);
	r->list_cost = next_number(c);
	r->list_currency = next_text(c);
	r->error_kind = next_text(c);
	r->error = next_text(c);
}

static bool read_row(struct db *db, int64_t seq, struct store_request *r,
		     struct arena *a, struct error *e)
{
	struct query q;
	struct cursor c = { .q = &q, .a = a };
	bool found;

	query_open(&q, db, DB_REQUEST_ROW);
	query_int(&q, seq);
	found = query_row(&q);
	if (found)
		read_request(&c, r);
	return query_close(&q, e) &&
	       (found || error_set(e, ERROR_NOT_FOUND, "The request is gone."));
}

bool store_request_read(struct store *s, int64_t seq, struct store_request *r,
			struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL && db_end(s, db, read_row(db, seq, r, a, e), e);
}

static bool find(struct db *db, const char *id, struct store_request *r,
		 struct arena *a, struct error *e)
{
	struct query q;
	int64_t seq;

	query_open(&q, db, DB_REQUEST_BY_ID);
	query_text(&q, id);
	if (!query_first_int(&q, &seq, e))
		return false;
	if (seq == 0)
		return error_set(e, ERROR_NOT_FOUND,
				 "There is no request \"%.64s\": give the "
				 "x-request-id of its answer.",
				 id);
	return read_row(db, seq, r, a, e);
}

bool store_request_find(struct store *s, const char *id,
			struct store_request *r, struct arena *a,
			struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	return db != NULL && db_end(s, db, find(db, id, r, a, e), e);
}

/* --- Several -------------------------------------------------------------- */

/* The rows of the numbers that the open statement gives, which it closes. */
static bool read_list(struct query *q, struct store_request **list, size_t *n,
		      struct arena *a, struct error *e)
{
	int64_t *numbers = NULL;
	size_t room = 0, count = 0;

	while (query_row(q)) {
		numbers = arena_grow(a, numbers, &room, count + 1,
				     sizeof(*numbers));
		numbers[count++] = query_get_int(q, 0);
	}
	if (!query_close(q, e))
		return false;
	*list = arena_array(a, count + 1, sizeof(**list));
	*n = count;
	for (size_t i = 0; i < count; i++)
		if (!read_row(q->db, numbers[i], &(*list)[i], a, e))
			return false;
	return true;
}

static bool find_key(struct db *db, const char *name, int64_t *key,
		     struct error *e)
{
	struct query q;

	query_open(&q, db, DB_KEY_BY_NAME);
	query_text(&q, name);
	if (!query_first_int(&q, key, e))
		return false;
	return *key != 0 || error_set(e, ERROR_NOT_FOUND,
				      "There is no API key \"%.64s\".", name);
}

static bool list_rows(struct db *db, const struct request_filter *f,
		      struct store_request **list, size_t *n, struct arena *a,
		      struct error *e)
{
	struct query q;
	int64_t key = 0;

	if (f->key != NULL && !find_key(db, f->key, &key, e))
		return false;
	query_open(&q, db,
		   f->key != NULL ? DB_REQUESTS_BY_KEY :
		   f->failed	  ? DB_REQUESTS_BY_FAILURE :
				    DB_REQUESTS_BY_TIME);
	query_int(&q, f->since);
	query_int(&q, f->until == 0 ? INT64_MAX : f->until);
	query_row_id(&q, key);
	query_text(&q, f->model);
	query_int(&q, f->failed);
	query_int(&q, f->limit);
	return read_list(&q, list, n, a, e);
}

bool store_requests_list(struct store *s, const struct request_filter *f,
			 struct store_request **list, size_t *n,
			 struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	return db != NULL && db_end(s, db, list_rows(db, f, list, n, a, e), e);
}

static bool list_after(struct db *db, int64_t seq, struct store_request **list,
		       size_t *n, struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_REQUESTS_AFTER);
	query_int(&q, seq);
	query_int(&q, BATCH);
	return read_list(&q, list, n, a, e);
}

bool store_requests_after(struct store *s, int64_t seq,
			  struct store_request **list, size_t *n,
			  struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	return db != NULL &&
	       db_end(s, db, list_after(db, seq, list, n, a, e), e);
}

bool store_requests_newest(struct store *s, int64_t *seq, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_REQUEST_NEWEST);
	return db_end(s, db, query_first_int(&q, seq, e), e);
}

/* --- Attempts ------------------------------------------------------------- */

static int64_t next_time(struct cursor *c)
{
	return query_get_number(c->q, c->column++, -1);
}

static void read_attempt(struct cursor *c, struct store_attempt *t)
{
	t->choice = (unsigned)query_get_int(c->q, c->column++);
	t->credential = next_text(c);
	t->service = next_text(c);
	t->host = next_text(c);
	t->queued_ms = next_time(c);
	t->began_ms = next_time(c);
	t->lookup_ms = next_time(c);
	t->connect_ms = next_time(c);
	t->tls_ms = next_time(c);
	t->first_byte_ms = next_time(c);
	t->first_token_ms = next_time(c);
	t->end_ms = next_time(c);
	t->http_status = (int)query_get_int(c->q, c->column++);
	t->error_kind = next_text(c);
	t->words = next_text(c);
}

bool store_request_attempts(struct store *s, int64_t seq,
			    struct store_attempt **list, size_t *n,
			    struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);
	size_t room = 0;
	struct query q;

	*list = NULL;
	*n = 0;
	if (db == NULL)
		return false;
	query_open(&q, db, DB_REQUEST_ATTEMPTS);
	query_int(&q, seq);
	while (query_row(&q)) {
		struct cursor c = { .q = &q, .a = a };

		*list = arena_grow(a, *list, &room, *n + 1, sizeof(**list));
		read_attempt(&c, &(*list)[(*n)++]);
	}
	return db_end(s, db, query_close(&q, e), e);
}
