/* SPDX-License-Identifier: MIT */
/* Deletes what was said, part by part. */
#include "store/erase_internal.h"

#include "store/file_contents_internal.h"
#include "store/space_internal.h"

/* A megabyte. */
#define CHUNKS 4

/* Runs an open statement that returns what each row it deletes has counted.
 * `*n`: how many. */
static bool drop(struct erasure *r, struct query *q, int64_t *n,
		 struct error *e)
{
	int64_t released = 0;

	for (*n = 0; query_row(q); ++*n)
		released += query_get_int(q, 0);
	r->rows += *n;
	db_keep(r->db, r->key, -released);
	return query_close(q, e);
}

static bool drop_on(struct erasure *r, enum db_statement which, int64_t id,
		    struct error *e)
{
	struct query q;
	int64_t n;

	query_open(&q, r->db, which);
	query_int(&q, id);
	return drop(r, &q, &n, e);
}

/* No more than ERASE_ROWS; `*last`: there were fewer. */
static bool drop_some(struct erasure *r, enum db_statement which, int64_t id,
		      bool *last, struct error *e)
{
	struct query q;
	int64_t n;

	query_open(&q, r->db, which);
	query_int(&q, id);
	query_int(&q, ERASE_ROWS);
	if (!drop(r, &q, &n, e))
		return false;
	*last = n < ERASE_ROWS;
	return true;
}

static bool change(struct erasure *r, enum db_statement which, int64_t id,
		   struct error *e)
{
	if (!query_run_on(r->db, which, id, e))
		return false;
	r->rows += db_changes(r->db);
	return true;
}

bool erase_errors(struct erasure *r, int64_t seq, struct error *e)
{
	return change(r, DB_REQUEST_ERROR_DELETE, seq, e) &&
	       change(r, DB_REQUEST_WORDS_DELETE, seq, e);
}

bool erase_request(struct erasure *r, int64_t seq, struct error *e)
{
	return space_release(r->db, r->key, DB_STORED_RESPONSE_ROW_KEPT, seq,
			     e) &&
	       query_run_on(r->db, DB_STORED_RESPONSE_DELETE, seq, e) &&
	       drop_on(r, DB_REQUEST_MESSAGES_DELETE, seq, e) &&
	       erase_errors(r, seq, e) &&
	       drop_some(r, DB_REQUEST_LOG_DELETE, seq, &r->whole, e);
}

static bool is_continued(struct erasure *r, int64_t seq, bool *continued,
			 struct error *e)
{
	struct query q;

	query_open(&q, r->db, DB_STORED_RESPONSE_CONTINUED);
	query_int(&q, seq);
	return query_first_bool(&q, continued, e);
}

static bool find_before(struct erasure *r, int64_t seq, int64_t *before,
			struct error *e)
{
	struct query q;

	query_open(&q, r->db, DB_STORED_RESPONSE_BEFORE);
	query_int(&q, seq);
	return query_first_int(&q, before, e);
}

/* Erases one; `*before` is the next, 0: there is none, or it is not whole. */
static bool erase_link(struct erasure *r, int64_t seq, int64_t *before,
		       struct error *e)
{
	*before = 0;
	if (!erase_request(r, seq, e))
		return false;
	return !r->whole ||
	       (find_before(r, seq, before, e) &&
		query_run_on(r->db, DB_STORED_RESPONSE_DROP, seq, e));
}

/* From the last one on, so that those that are left have all before them. */
bool erase_response_chain(struct erasure *r, int64_t seq, struct error *e)
{
	int64_t end = r->rows + ERASE_ROWS;
	bool continued;

	for (;;) {
		if (!is_continued(r, seq, &continued, e))
			return false;
		r->whole = true;
		if (continued)
			return true;
		if (!erase_link(r, seq, &seq, e))
			return false;
		if (seq == 0)
			return true;
		if (r->rows >= end) {
			r->whole = false;
			return true;
		}
	}
}

static bool retire(struct erasure *r, int64_t id, struct error *e)
{
	int64_t kept;
	struct query q;

	if (!space_release(r->db, r->key, DB_CONVERSATION_ROW_KEPT, id, e) ||
	    !query_run_on(r->db, DB_CONVERSATION_RETIRE, id, e))
		return false;
	query_open(&q, r->db, DB_CONVERSATION_ROW_KEPT);
	query_int(&q, id);
	if (!query_first_int(&q, &kept, e))
		return false;
	db_keep(r->db, r->key, kept);
	return true;
}

/* From the last one on, so that what responses continue is whole as long as
 * they are there. */
static bool erase_turns(struct erasure *r, int64_t id, struct error *e)
{
	int64_t end = r->rows + ERASE_ROWS, seq;
	struct query q;

	for (;;) {
		query_open(&q, r->db, DB_CONVERSATION_LAST_REQUEST);
		query_int(&q, id);
		if (!query_first_int(&q, &seq, e))
			return false;
		r->whole = seq == 0;
		if (r->whole || r->rows >= end)
			return true;
		if (!erase_request(r, seq, e))
			return false;
		if (!r->whole)
			return true;
		if (!change(r, DB_REQUEST_RELEASE, seq, e))
			return false;
	}
}

bool erase_conversation(struct erasure *r, int64_t id, struct error *e)
{
	if (!retire(r, id, e) || !erase_turns(r, id, e))
		return false;
	if (!r->whole)
		return true;
	if (!drop_some(r, DB_CONVERSATION_SOME_MESSAGES_DELETE, id, &r->whole,
		       e))
		return false;
	if (!r->whole)
		return true;
	return space_release(r->db, r->key, DB_CONVERSATION_ROW_KEPT, id, e) &&
	       change(r, DB_CONVERSATION_DELETE, id, e);
}

bool erase_file(struct erasure *r, int64_t seq, int64_t content,
		struct error *e)
{
	r->rows++;
	return file_contents_drop_row(r->db, DB_FILE_DELETE, seq, e) &&
	       query_run_on(r->db, DB_FILE_CONTENT_GIVE_UP, content, e);
}

bool erase_bytes(struct erasure *r, struct error *e)
{
	struct query q;
	int64_t id;

	if (!query_read_int(r->db, DB_FILE_CONTENT_UNFINISHED, &id, e))
		return false;
	r->whole = id == 0;
	if (r->whole)
		return true;
	query_open(&q, r->db, DB_FILE_SOME_CHUNKS_DELETE);
	query_int(&q, id);
	query_int(&q, CHUNKS);
	if (!query_run(&q, e))
		return false;
	r->rows += db_changes(r->db);
	return db_changes(r->db) == CHUNKS ||
	       file_contents_drop_row(r->db, DB_FILE_CONTENT_DELETE, id, e);
}
