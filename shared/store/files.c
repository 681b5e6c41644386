/* SPDX-License-Identifier: MIT */
/* Uploaded files as rows, their bytes in chunks. */
#include "store/files.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "store/db.h"
#include "store/keys_internal.h"

#define CHUNK (256 * 1024)

/* How long an upload may take for one chunk before it counts as dead. */
#define LEASE_MS 60000

static bool delete_content(struct db *db, int64_t content, struct error *e)
{
	return query_run_on(db, DB_FILE_CHUNKS_DELETE, content, e) &&
	       query_run_on(db, DB_FILE_CONTENT_DELETE, content, e);
}

/* The first column of the first row, 0 without one. */
static bool first_number(struct query *q, int64_t *v, struct error *e)
{
	*v = query_row(q) ? query_get_int(q, 0) : 0;
	return query_close(q, e);
}

/* One that a killed process left is enough at a time. */
static bool delete_unfinished(struct db *db, struct error *e)
{
	int64_t content;
	struct query q;

	query_open(&q, db, DB_FILE_CONTENT_UNFINISHED);
	query_int(&q, clock_wall_ms());
	return first_number(&q, &content, e) &&
	       (content == 0 || delete_content(db, content, e));
}

static bool check_space(struct db *db, int64_t size, int64_t space,
			struct error *e)
{
	int64_t taken;
	struct query q;

	query_open(&q, db, DB_FILE_SPACE);
	if (!first_number(&q, &taken, e))
		return false;
	return size <= space - taken ||
	       error_set(e, ERROR_TOO_LARGE,
			 "The files of this server take all the space they "
			 "may (%" PRId64 " bytes, setting KIMI_FILE_SPACE): "
			 "delete some.",
			 space);
}

static bool find_content(struct db *db, int64_t key, struct store_file *f,
			 struct error *e)
{
	struct query q;

	query_open(&q, db, DB_FILE_CONTENT_FIND);
	query_int(&q, key);
	query_text(&q, f->hash);
	return first_number(&q, &f->content, e);
}

static bool add_content(struct db *db, int64_t key, struct store_file *f,
			struct error *e)
{
	struct query q;

	query_open(&q, db, DB_FILE_CONTENT_ADD);
	query_int(&q, key);
	query_text(&q, f->hash);
	query_int(&q, f->size);
	query_int(&q, clock_wall_ms() + LEASE_MS);
	if (!query_run(&q, e))
		return false;
	f->content = sqlite3_last_insert_rowid(db->handle);
	return true;
}

static bool add_file(struct db *db, int64_t key, struct store_file *f,
		     struct error *e)
{
	struct query q;

	query_open(&q, db, DB_FILE_ADD);
	query_text(&q, f->id);
	query_int(&q, key);
	query_int(&q, f->content);
	query_text(&q, f->name);
	query_text(&q, f->type);
	query_text(&q, f->purpose);
	query_int(&q, f->created_ms);
	if (!query_run(&q, e))
		return false;
	f->row = sqlite3_last_insert_rowid(db->handle);
	return true;
}

/* Adds the file if its bytes are here, else a place for them; then
 * `f->row` is 0. */
static bool begin_content(struct db *db, const struct store_owner *owner,
			  struct store_file *f, int64_t space, int64_t *key,
			  struct error *e)
{
	if (!delete_unfinished(db, e) ||
	    !keys_open(db, owner->fingerprint, owner->label, key, e) ||
	    !find_content(db, *key, f, e))
		return false;
	if (f->content != 0)
		return add_file(db, *key, f, e);
	return check_space(db, f->size, space, e) &&
	       add_content(db, *key, f, e);
}

static bool renew(struct db *db, int64_t content, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_FILE_CONTENT_RENEW);
	query_int(&q, content);
	query_int(&q, clock_wall_ms() + LEASE_MS);
	if (!query_run(&q, e))
		return false;
	return sqlite3_changes(db->handle) == 1 ||
	       error_set(e, ERROR_SETUP,
			 "The upload was taken for dead: this process was "
			 "stopped for too long.");
}

static bool add_chunk(struct db *db, int64_t content, int64_t place,
		      const void *p, size_t n, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_FILE_CHUNK_ADD);
	query_int(&q, content);
	query_int(&q, place);
	query_blob(&q, p, n);
	return query_run(&q, e) && renew(db, content, e);
}

static bool add_chunks(struct store *s, const struct store_file *f,
		       const struct spool *bytes, struct arena *a,
		       struct error *e)
{
	char *chunk = arena_alloc(a, CHUNK);

	for (int64_t at = 0; at < f->size; at += CHUNK) {
		size_t n = f->size - at < CHUNK ? (size_t)(f->size - at) :
						  CHUNK;
		struct db *db;

		if (!spool_read(bytes, at, chunk, n, e))
			return false;
		db = db_begin(s, DB_WRITE, e);
		if (db == NULL ||
		    !db_end(s, db,
			    add_chunk(db, f->content, at / CHUNK, chunk, n, e),
			    e))
			return false;
	}
	return true;
}

/* Another upload of the same bytes may have been faster. */
static bool finish_content(struct db *db, int64_t key, struct store_file *f,
			   struct error *e)
{
	int64_t own = f->content;

	if (!find_content(db, key, f, e))
		return false;
	if (f->content != 0)
		return delete_content(db, own, e) && add_file(db, key, f, e);
	f->content = own;
	return renew(db, own, e) &&
	       query_run_on(db, DB_FILE_CONTENT_FINISH, own, e) &&
	       add_file(db, key, f, e);
}

static void drop_content(struct store *s, int64_t content)
{
	struct error ignored;
	struct db *db = db_begin(s, DB_WRITE, &ignored);

	if (db != NULL)
		db_end(s, db, delete_content(db, content, &ignored), &ignored);
}

bool store_file_add(struct store *s, const struct store_owner *owner,
		    struct store_file *f, const struct spool *bytes,
		    int64_t space, struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	int64_t key = 0;

	if (db == NULL)
		return false;
	f->id = random_id(a, "file-");
	f->created_ms = clock_wall_ms();
	f->row = 0;
	if (!db_end(s, db, begin_content(db, owner, f, space, &key, e), e))
		return false;
	if (f->row != 0)
		return true;
	if (add_chunks(s, f, bytes, a, e)) {
		db = db_begin(s, DB_WRITE, e);
		if (db != NULL &&
		    db_end(s, db, finish_content(db, key, f, e), e))
			return true;
	}
	drop_content(s, f->content);
	return false;
}

static struct store_file read_row(struct query *q, struct arena *a)
{
	return (struct store_file){
		.row = query_get_int(q, 0),
		.id = query_get_text(q, 1, a),
		.name = query_get_text(q, 2, a),
		.type = query_get_text(q, 3, a),
		.purpose = query_get_text(q, 4, a),
		.created_ms = query_get_int(q, 5),
		.content = query_get_int(q, 6),
		.hash = query_get_text(q, 7, a),
		.size = query_get_int(q, 8),
	};
}

/* Within a transaction; `f->id` NULL when there is none. */
static bool find_file(struct db *db, const char *owner, const char *id,
		      struct store_file *f, struct arena *a, struct error *e)
{
	struct query q;

	*f = (struct store_file){ 0 };
	query_open(&q, db, DB_FILE_FIND);
	query_text(&q, owner);
	query_text(&q, id);
	if (query_row(&q))
		*f = read_row(&q, a);
	return query_close(&q, e);
}

static bool no_such_file(const char *id, const char *param, struct error *e)
{
	return error_field(e, ERROR_NOT_FOUND, param,
			   "No such file: '%.64s'. A file belongs to the API "
			   "key that uploaded it.",
			   id);
}

bool store_file_find(struct store *s, const char *owner, const char *id,
		     struct store_file *f, struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	if (db == NULL || !db_end(s, db, find_file(db, owner, id, f, a, e), e))
		return false;
	return f->id != NULL || no_such_file(id, "id", e);
}

static bool find_start(struct db *db, const char *owner,
		       const struct store_file_list *list, int64_t *start,
		       struct arena *a, struct error *e)
{
	struct store_file f;

	*start = list->ascending ? 0 : INT64_MAX;
	if (list->after == NULL)
		return true;
	if (!find_file(db, owner, list->after, &f, a, e))
		return false;
	*start = f.row;
	return f.id != NULL || no_such_file(list->after, "after", e);
}

static bool read_list(struct db *db, const char *owner,
		      struct store_file_list *list, struct arena *a,
		      struct error *e)
{
	int64_t start;
	struct query q;

	if (!find_start(db, owner, list, &start, a, e))
		return false;
	query_open(&q, db,
		   list->ascending ? DB_FILES_FORWARD : DB_FILES_BACKWARD);
	query_text(&q, owner);
	query_text(&q, list->purpose);
	query_int(&q, start);
	query_int(&q, (int64_t)list->limit + 1);
	for (list->n = 0; query_row(&q) && !list->more;)
		if (list->n == list->limit)
			list->more = true;
		else
			list->files[list->n++] = read_row(&q, a);
	return query_close(&q, e);
}

bool store_file_list(struct store *s, const char *owner,
		     struct store_file_list *list, struct arena *a,
		     struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	if (db == NULL)
		return false;
	list->files = arena_array(a, list->limit, sizeof(*list->files));
	list->more = false;
	return db_end(s, db, read_list(db, owner, list, a, e), e);
}

static bool delete_file(struct db *db, const struct store_file *f, bool *last,
			struct error *e)
{
	int64_t used;
	struct query q;

	if (!query_run_on(db, DB_FILE_DELETE, f->row, e))
		return false;
	query_open(&q, db, DB_FILE_CONTENT_USED);
	query_int(&q, f->content);
	if (!first_number(&q, &used, e))
		return false;
	*last = used == 0;
	return !*last || delete_content(db, f->content, e);
}

bool store_file_delete(struct store *s, const struct store_file *f, bool *last,
		       struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	if (db == NULL || !db_end(s, db, delete_file(db, f, last, e), e))
		return false;
	store_empty_log(s);
	return true;
}

/* The chunk read last: readers ask for less than one at a time. */
struct chunk {
	int64_t place; /* -1: none */
	size_t n;
	char *bytes; /* NULL until one is read */
};

struct stored {
	struct store *store;
	struct arena *arena;
	int64_t content;
	struct chunk *chunk;
};

static bool query_chunk(const struct stored *from, int64_t place,
			struct error *e)
{
	struct db *db = db_begin(from->store, DB_READ, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_FILE_CHUNK);
	query_int(&q, from->content);
	query_int(&q, place);
	from->chunk->n =
		query_row(&q) ?
			query_copy_blob(&q, 0, from->chunk->bytes, CHUNK) :
			0;
	return db_end(from->store, db, query_close(&q, e), e);
}

static bool load_chunk(const struct stored *from, int64_t place,
		       struct error *e)
{
	struct chunk *c = from->chunk;

	if (c->place == place)
		return true;
	if (c->bytes == NULL)
		c->bytes = arena_alloc(from->arena, CHUNK);
	c->place = -1;
	if (!query_chunk(from, place, e))
		return false;
	c->place = place;
	return true;
}

static bool read_stored(const struct chat_file *f, int64_t offset, void *p,
			size_t n, struct error *e)
{
	const struct stored *from = f->source;
	char *to = p;

	while (n > 0) {
		size_t skip = (size_t)(offset % CHUNK), part;

		if (!load_chunk(from, offset / CHUNK, e))
			return false;
		if (from->chunk->n <= skip)
			return error_set(e, ERROR_NOT_FOUND,
					 "The file '%.64s' was deleted while "
					 "it was read.",
					 f->name);
		part = from->chunk->n - skip < n ? from->chunk->n - skip : n;
		memcpy(to, from->chunk->bytes + skip, part);
		to += part;
		offset += (int64_t)part;
		n -= part;
	}
	return true;
}

const struct chat_file *
store_file_bytes(struct store *s, const struct store_file *f, struct arena *a)
{
	struct stored *source = arena_alloc(a, sizeof(*source));
	struct chat_file *bytes = arena_alloc(a, sizeof(*bytes));

	*source = (struct stored){ .store = s,
				   .arena = a,
				   .content = f->content,
				   .chunk = arena_alloc(
					   a, sizeof(*source->chunk)) };
	source->chunk->place = -1;
	*bytes = (struct chat_file){ .name = f->name,
				     .type = f->type,
				     .size = f->size,
				     .hash = f->hash,
				     .read = read_stored,
				     .source = source };
	return bytes;
}
