/* SPDX-License-Identifier: MIT */
/* The conversations of all API keys, listed, read and searched. */
#include "store/archive.h"

#include "base/clock.h"
#include "store/db_internal.h"

/* Messages that are searched in one statement: others have their turn then. */
#define WINDOW 1000

/* --- Lists ---------------------------------------------------------------- */

/* The columns of the statements archive_list and archive_after. */
static struct archived_conversation read_conversation(struct query *q,
						      struct arena *a)
{
	const char *metadata = query_get_text(q, 3, a);

	return (struct archived_conversation){
		.conversation = {
			.row = query_get_int(q, 0),
			.key_row = query_get_int(q, 1),
			.name = query_get_text(q, 2, a),
			.metadata = metadata == NULL ? "{}" : metadata,
			.created_ms = query_get_int(q, 4),
			.credential = query_get_text(q, 5, a),
			.chat = query_get_text(q, 6, a),
		},
		.updated_ms = query_get_int(q, 7),
		.key = query_get_text(q, 8, a),
		.model = query_get_text(q, 9, a),
		.messages = query_get_int(q, 10),
		.turns = query_get_int(q, 11),
		.tokens = query_get_int(q, 12),
	};
}

static bool list(struct db *db, const struct archive_filter *f,
		 struct archived_conversation **out, size_t *n, struct arena *a,
		 struct error *e)
{
	size_t room = 0;
	struct query q;

	*out = NULL;
	*n = 0;
	query_open(&q, db, DB_ARCHIVE_LIST);
	query_text(&q, f->name);
	query_row_id(&q, f->key);
	query_int(&q, f->since);
	query_int(&q, f->limit);
	while (query_row(&q)) {
		*out = arena_grow(a, *out, &room, *n + 1, sizeof(**out));
		(*out)[(*n)++] = read_conversation(&q, a);
	}
	return query_close(&q, e);
}

bool store_archive_list(struct store *s, const struct archive_filter *filter,
			struct archived_conversation **out, size_t *n,
			struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL && db_end(s, db, list(db, filter, out, n, a, e), e);
}

bool store_archive_find(struct store *s, const char *name, int64_t key,
			struct archived_conversation *c, struct arena *a,
			struct error *e)
{
	const struct archive_filter filter = { .name = name,
					       .key = key,
					       .limit = 2 };
	struct archived_conversation *found;
	size_t n;

	if (!store_archive_list(s, &filter, &found, &n, a, e))
		return false;
	if (n == 0)
		return error_set(e, ERROR_NOT_FOUND,
				 "There is no conversation '%.128s'%s.", name,
				 key == 0 ? "" : " of this key");
	if (n > 1)
		return error_set(e, ERROR_VALUE,
				 "Several API keys have a conversation "
				 "'%.128s', such as '%.64s' and '%.64s': name "
				 "one with --key.",
				 name, found[0].key, found[1].key);
	*c = found[0];
	return true;
}

static bool read_after(struct db *db, int64_t row,
		       struct archived_conversation *c, struct arena *a,
		       struct error *e)
{
	struct query q;

	*c = (struct archived_conversation){ .key = NULL };
	query_open(&q, db, DB_ARCHIVE_AFTER);
	query_int(&q, row);
	if (query_row(&q))
		*c = read_conversation(&q, a);
	return query_close(&q, e);
}

bool store_archive_after(struct store *s, int64_t row,
			 struct archived_conversation *c, struct arena *a,
			 struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL && db_end(s, db, read_after(db, row, c, a, e), e);
}

/* --- Messages ------------------------------------------------------------- */

static struct archived_message read_message(struct query *q, struct arena *a)
{
	return (struct archived_message){
		.id = query_get_text(q, 0, a),
		.request = query_get_text(q, 1, a),
		.reply = query_get_int(q, 2),
		.created_ms = query_get_int(q, 3),
		.role = query_get_text(q, 4, a),
		.name = query_get_text(q, 5, a),
		.content = query_get_text(q, 6, a),
		.media = query_get_text(q, 7, a),
		.reasoning = query_get_text(q, 8, a),
		.reasoning_details = query_get_text(q, 9, a),
		.tool_calls = query_get_text(q, 10, a),
		.tool_call_id = query_get_text(q, 11, a),
		.citations = query_get_text(q, 12, a),
		.spans = query_get_text(q, 13, a),
	};
}

static bool read_messages(struct db *db, int64_t conversation,
			  struct archived_message **out, size_t *n,
			  struct arena *a, struct error *e)
{
	size_t room = 0;
	struct query q;

	*out = NULL;
	*n = 0;
	query_open(&q, db, DB_ARCHIVE_MESSAGES);
	query_int(&q, conversation);
	while (query_row(&q)) {
		*out = arena_grow(a, *out, &room, *n + 1, sizeof(**out));
		(*out)[(*n)++] = read_message(&q, a);
	}
	return query_close(&q, e);
}

bool store_archive_messages(struct store *s, int64_t conversation,
			    struct archived_message **out, size_t *n,
			    struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL &&
	       db_end(s, db, read_messages(db, conversation, out, n, a, e), e);
}

/* --- Search --------------------------------------------------------------- */

static bool search_window(struct db *db, int64_t last,
			  struct archive_search *search, size_t *room,
			  struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ARCHIVE_SEARCH);
	query_int(&q, last);
	query_int(&q, last - WINDOW);
	query_text(&q, search->text);
	query_int(&q, search->limit - (int64_t)search->n);
	while (query_row(&q)) {
		search->hits = arena_grow(a, search->hits, room, search->n + 1,
					  sizeof(*search->hits));
		search->hits[search->n++] = (struct archive_hit){
			.key = query_get_text(&q, 0, a),
			.conversation = query_get_text(&q, 1, a),
			.request = query_get_text(&q, 2, a),
			.role = query_get_text(&q, 3, a),
			.created_ms = query_get_int(&q, 4),
			.excerpt = query_get_text(&q, 5, a),
		};
	}
	return query_close(&q, e);
}

static bool find_last(struct store *s, int64_t *last, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL &&
	       db_end(s, db,
		      query_read_int(db, DB_ARCHIVE_LAST_MESSAGE, last, e), e);
}

bool store_archive_search(struct store *s, struct archive_search *search,
			  struct arena *a, struct error *e)
{
	int64_t end = clock_ms() + search->most_ms, last;
	size_t room = 0;

	search->hits = NULL;
	search->n = 0;
	search->stopped = false;
	if (!find_last(s, &last, e))
		return false;
	for (; last > 0 && !search->stopped; last -= WINDOW) {
		struct db *db = db_begin(s, DB_LOOK, e);

		if (db == NULL ||
		    !db_end(s, db, search_window(db, last, search, &room, a, e),
			    e))
			return false;
		search->stopped = (int64_t)search->n >= search->limit ||
				  (clock_ms() >= end && last > WINDOW);
	}
	return true;
}
