/* SPDX-License-Identifier: MIT */
/* The bytes of files, in chunks as rows. */
#include "store/file_contents_internal.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK (256 * 1024)

/* How long an upload may take for one chunk before it is given up. */
#define LEASE_MS LEASE_LONGEST_MS

bool file_contents_delete(struct db *db, int64_t id, struct error *e)
{
	return query_run_on(db, DB_FILE_CHUNKS_DELETE, id, e) &&
	       file_contents_drop_row(db, DB_FILE_CONTENT_DELETE, id, e);
}

bool file_contents_drop_row(struct db *db, enum db_statement which, int64_t id,
			    struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	query_int(&q, id);
	if (query_row(&q))
		db_keep(db, query_get_int(&q, 0), -query_get_int(&q, 1));
	return query_close(&q, e);
}

/* One at a time is enough: each upload adds at most one. */
bool file_contents_expire(struct db *db, struct error *e)
{
	int64_t id;
	struct query q;

	query_open(&q, db, DB_FILE_CONTENT_UNFINISHED);
	return query_first_int(&q, &id, e) &&
	       (id == 0 || file_contents_delete(db, id, e));
}

bool file_contents_find(struct db *db, struct file_content *c, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_FILE_CONTENT_FIND);
	query_int(&q, c->key);
	query_text(&q, c->hash);
	return query_first_int(&q, &c->id, e);
}

static bool check_space(struct db *db, int64_t size, int64_t space,
			struct error *e)
{
	int64_t used;
	struct query q;

	query_open(&q, db, DB_FILE_SPACE);
	if (!query_first_int(&q, &used, e))
		return false;
	return size <= space - used ||
	       error_set(e, ERROR_TOO_LARGE,
			 "There is no space for this file: all files of this "
			 "server together may take %" PRId64 " bytes (setting "
			 "KIMI_FILE_SPACE). Delete some.",
			 space);
}

bool file_contents_add(struct db *db, struct file_content *c, int64_t space,
		       struct error *e)
{
	struct lease lease = lease_take(&db->owners, LEASE_MS);
	struct query q;

	if (!check_space(db, c->size, space, e))
		return false;
	query_open(&q, db, DB_FILE_CONTENT_ADD);
	query_int(&q, c->key);
	query_text(&q, c->hash);
	query_int(&q, c->size);
	query_lease(&q, &lease);
	if (!query_run(&q, e))
		return false;
	c->id = db_inserted(db);
	db_keep(db, c->key, c->size);
	return true;
}

static bool renew(struct db *db, int64_t id, struct error *e)
{
	struct lease lease = lease_take(&db->owners, LEASE_MS);
	struct query q;

	query_open(&q, db, DB_FILE_CONTENT_RENEW);
	query_int(&q, id);
	query_lease(&q, &lease);
	if (!query_run(&q, e))
		return false;
	return db_changes(db) == 1 ||
	       error_set(e, ERROR_SETUP,
			 "The upload's lease expired: this process was stopped "
			 "for too long.");
}

static bool add_chunk(struct db *db, int64_t id, int64_t position,
		      const void *p, size_t n, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_FILE_CHUNK_ADD);
	query_int(&q, id);
	query_int(&q, position);
	query_blob(&q, p, n);
	return query_run(&q, e) && renew(db, id, e);
}

bool file_contents_write(struct store *s, const struct file_content *c,
			 const struct spool *bytes, struct arena *a,
			 struct error *e)
{
	char *chunk = arena_alloc(a, CHUNK);

	for (int64_t at = 0; at < c->size; at += CHUNK) {
		size_t n = c->size - at < CHUNK ? (size_t)(c->size - at) :
						  CHUNK;
		struct db *db;

		if (!spool_read(bytes, at, chunk, n, e))
			return false;
		db = db_begin(s, DB_WRITE, e);
		if (db == NULL ||
		    !db_end(s, db,
			    add_chunk(db, c->id, at / CHUNK, chunk, n, e), e))
			return false;
	}
	return true;
}

bool file_contents_finish(struct db *db, const struct file_content *c,
			  struct error *e)
{
	return renew(db, c->id, e) &&
	       query_run_on(db, DB_FILE_CONTENT_FINISH, c->id, e);
}

/* --- Reading ---------------------------------------------------------------- */

/* The chunk that was read last: readers ask for less than one at a time. Several
 * threads may read: choices of one request send the file each. */
struct chunk {
	pthread_mutex_t lock;
	int64_t position; /* -1: none */
	size_t n;
	char *bytes; /* NULL until one is read */
};

struct source {
	struct store *store;
	int64_t content;
	struct chunk *chunk;
};

static bool query_chunk(const struct source *from, int64_t position,
			struct error *e)
{
	struct db *db = db_begin(from->store, DB_READ, e);
	struct chunk *c = from->chunk;
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_FILE_CHUNK);
	query_int(&q, from->content);
	query_int(&q, position);
	c->n = query_row(&q) ? query_copy_blob(&q, 0, c->bytes, CHUNK) : 0;
	return db_end(from->store, db, query_close(&q, e), e);
}

static bool load_chunk(const struct source *from, int64_t position,
		       struct error *e)
{
	struct chunk *c = from->chunk;

	if (c->position == position)
		return true;
	if (c->bytes == NULL)
		c->bytes = malloc(CHUNK);
	if (c->bytes == NULL)
		abort();
	c->position = -1;
	if (!query_chunk(from, position, e))
		return false;
	c->position = position;
	return true;
}

/* Up to the end of the chunk; `*n` becomes how many. With the lock. */
static bool read_part(const struct source *from, const struct chat_file *f,
		      int64_t offset, void *p, size_t *n, struct error *e)
{
	const struct chunk *c = from->chunk;
	size_t skip = (size_t)(offset % CHUNK);

	if (!load_chunk(from, offset / CHUNK, e))
		return false;
	if (c->n <= skip)
		return error_set(e, ERROR_NOT_FOUND,
				 "The file '%.64s' was deleted while it was "
				 "being read.",
				 f->name);
	if (c->n - skip < *n)
		*n = c->n - skip;
	memcpy(p, c->bytes + skip, *n);
	return true;
}

static bool read_content(const struct chat_file *f, int64_t offset, void *p,
			 size_t n, struct error *e)
{
	const struct source *from = f->source;
	char *to = p;

	while (n > 0) {
		size_t part = n;
		bool ok;

		pthread_mutex_lock(&from->chunk->lock);
		ok = read_part(from, f, offset, to, &part, e);
		pthread_mutex_unlock(&from->chunk->lock);
		if (!ok)
			return false;
		to += part;
		offset += (int64_t)part;
		n -= part;
	}
	return true;
}

static void drop_chunk(void *chunk)
{
	struct chunk *c = chunk;

	pthread_mutex_destroy(&c->lock);
	free(c->bytes);
}

void file_contents_open(struct chat_file *file, struct store *s, int64_t id,
			struct arena *a)
{
	struct source *source = arena_alloc(a, sizeof(*source));

	*source = (struct source){ .store = s, .content = id };
	source->chunk = arena_alloc(a, sizeof(*source->chunk));
	source->chunk->position = -1;
	pthread_mutex_init(&source->chunk->lock, NULL);
	arena_own(a, source->chunk, drop_chunk);
	file->read = read_content;
	file->source = source;
}
