/* SPDX-License-Identifier: MIT */
/* Uploaded files as rows; their bytes are in file_contents.c. */
#include "store/files.h"

#include "base/clock.h"
#include "base/random_id.h"
#include "store/file_contents_internal.h"
#include "store/keys_internal.h"
#include "store/space_internal.h"

static bool add_row(struct db *db, const struct file_content *c,
		    struct store_file *f, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_FILE_ADD);
	query_text(&q, f->id);
	query_int(&q, c->key);
	query_int(&q, c->id);
	query_text(&q, f->name);
	query_text(&q, f->type);
	query_text(&q, f->purpose);
	query_int(&q, f->created_ms);
	if (!query_run(&q, e))
		return false;
	f->content = c->id;
	f->row = db_inserted(db);
	db_keep(db, c->key, SPACE_ROW + space_of(f->name) + space_of(f->type));
	return true;
}

/* Adds the file if its bytes are stored already, else a content for them; then
 * `f->row` stays 0. */
static bool begin_file(struct db *db, const struct store_upload *upload,
		       struct file_content *c, struct store_file *f,
		       struct error *e)
{
	if (!keys_ensure(db, &upload->owner, &c->key, e) ||
	    !file_contents_find(db, c, e) ||
	    !space_check(db, &upload->owner,
			 SPACE_ROW + (c->id != 0 ? 0 : c->size), e))
		return false;
	return c->id != 0 ? add_row(db, c, f, e) :
			    file_contents_add(db, c, upload->space, e);
}

/* Another upload of the same bytes may have been faster. */
static bool finish_file(struct db *db, struct file_content *c,
			struct store_file *f, struct error *e)
{
	struct file_content other = *c;

	if (!file_contents_find(db, &other, e))
		return false;
	if (other.id != 0)
		return file_contents_delete(db, c->id, e) &&
		       add_row(db, &other, f, e);
	return file_contents_finish(db, c, e) && add_row(db, c, f, e);
}

static bool write_file(struct store *s, const struct store_upload *upload,
		       struct file_content *c, struct store_file *f,
		       struct arena *a, struct error *e)
{
	struct db *db;

	if (!file_contents_write(s, c, upload->bytes, a, e))
		return false;
	db = db_begin(s, DB_WRITE, e);
	return db != NULL && db_end(s, db, finish_file(db, c, f, e), e);
}

static void drop_content(struct store *s, int64_t content)
{
	struct error ignored;
	struct db *db = db_begin(s, DB_WRITE, &ignored);

	if (db != NULL)
		db_end(s, db, file_contents_delete(db, content, &ignored),
		       &ignored);
}

/* Another key may have begun it. */
static bool drop_unfinished(struct store *s, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, file_contents_expire(db, e), e);
}

bool store_file_add(struct store *s, const struct store_upload *upload,
		    struct store_file *f, struct arena *a, struct error *e)
{
	struct file_content c = { .size = f->size, .hash = f->hash };
	struct db *db;

	if (!drop_unfinished(s, e))
		return false;
	db = db_begin(s, DB_WRITE, e);
	if (db == NULL)
		return false;
	f->id = random_id(a, "file-");
	f->created_ms = clock_wall_ms();
	f->row = 0;
	if (!db_end(s, db, begin_file(db, upload, &c, f, e), e))
		return false;
	if (f->row != 0 || write_file(s, upload, &c, f, a, e))
		return true;
	drop_content(s, c.id);
	return false;
}

/* The columns that queries of files select, in their order. */
enum column {
	COLUMN_SEQ,
	COLUMN_ID,
	COLUMN_NAME,
	COLUMN_TYPE,
	COLUMN_PURPOSE,
	COLUMN_CREATED_AT,
	COLUMN_CONTENT_ID,
	COLUMN_SHA256,
	COLUMN_SIZE,
};

static struct store_file read_row(struct query *q, struct arena *a)
{
	return (struct store_file){
		.row = query_get_int(q, COLUMN_SEQ),
		.id = query_get_text(q, COLUMN_ID, a),
		.name = query_get_text(q, COLUMN_NAME, a),
		.type = query_get_text(q, COLUMN_TYPE, a),
		.purpose = query_get_text(q, COLUMN_PURPOSE, a),
		.created_ms = query_get_int(q, COLUMN_CREATED_AT),
		.content = query_get_int(q, COLUMN_CONTENT_ID),
		.hash = query_get_text(q, COLUMN_SHA256, a),
		.size = query_get_int(q, COLUMN_SIZE),
	};
}

/* `f->id` is NULL if there is none. */
static bool find_file(struct db *db, const char *key, const char *id,
		      struct store_file *f, struct arena *a, struct error *e)
{
	struct query q;

	*f = (struct store_file){ 0 };
	query_open(&q, db, DB_FILE_FIND);
	query_text(&q, key);
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

bool store_file_find(struct store *s, const char *key, const char *id,
		     struct store_file *f, struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	if (db == NULL || !db_end(s, db, find_file(db, key, id, f, a, e), e))
		return false;
	return f->id != NULL || no_such_file(id, "id", e);
}

static bool find_start(struct db *db, const char *key,
		       const struct store_file_list *list, int64_t *start,
		       struct arena *a, struct error *e)
{
	struct store_file f;

	*start = list->ascending ? 0 : INT64_MAX;
	if (list->after == NULL)
		return true;
	if (!find_file(db, key, list->after, &f, a, e))
		return false;
	*start = f.row;
	return f.id != NULL || no_such_file(list->after, "after", e);
}

static bool read_list(struct db *db, const char *key,
		      struct store_file_list *list, struct arena *a,
		      struct error *e)
{
	int64_t start;
	struct query q;

	if (!find_start(db, key, list, &start, a, e))
		return false;
	query_open(&q, db,
		   list->ascending ? DB_FILES_FORWARD : DB_FILES_BACKWARD);
	query_text(&q, key);
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

bool store_file_list(struct store *s, const char *key,
		     struct store_file_list *list, struct arena *a,
		     struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	if (db == NULL)
		return false;
	list->files = arena_array(a, list->limit, sizeof(*list->files));
	list->more = false;
	return db_end(s, db, read_list(db, key, list, a, e), e);
}

static bool delete_file(struct db *db, const struct store_file *f, bool *last,
			struct error *e)
{
	int64_t used;
	struct query q;

	if (!file_contents_drop_row(db, DB_FILE_DELETE, f->row, e))
		return false;
	query_open(&q, db, DB_FILE_CONTENT_USED);
	query_int(&q, f->content);
	if (!query_first_int(&q, &used, e))
		return false;
	*last = used == 0;
	return !*last || file_contents_delete(db, f->content, e);
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

const struct chat_file *
store_file_bytes(struct store *s, const struct store_file *f, struct arena *a)
{
	struct chat_file *bytes = arena_alloc(a, sizeof(*bytes));

	*bytes = (struct chat_file){ .name = f->name,
				     .type = f->type,
				     .size = f->size,
				     .hash = f->hash };
	file_contents_open(bytes, s, f->content, a);
	return bytes;
}
