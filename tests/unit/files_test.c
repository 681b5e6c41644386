/* SPDX-License-Identifier: MIT */
/* Uploaded files in the database: stored, shared, listed, deleted. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "store/files.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"

#define SPACE (64 * 1024 * 1024)
#define CHUNK (256 * 1024)

struct site {
	struct arena *arena;
	const char *folder, *path;
	struct store *store;
	int64_t space; /* for all files together, bytes */
};

static struct site open_site(struct arena *a)
{
	struct site s = { .arena = a,
			  .path = database_path(a),
			  .space = SPACE };

	s.folder = arena_copy_n(a, s.path,
				(size_t)(strrchr(s.path, '/') - s.path));
	s.store = database_open(a, s.path);
	return s;
}

/* `n` bytes that depend on seed and offset. */
static char *pattern(struct arena *a, size_t n, unsigned seed)
{
	char *bytes = arena_alloc(a, n);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)((i * 31 + i / 251 + seed) & 0xFF);
	return bytes;
}

static bool add(const struct site *s, const char *key, const char *bytes,
		size_t n, struct store_file *f, struct error *e)
{
	char *hash = arena_alloc(s->arena, HASH_SIZE);
	struct spool spool;
	const struct store_upload upload = {
		{ .fingerprint = key, .label = "label", .space = INT64_MAX },
		&spool,
		s->space
	};
	bool ok;

	assert_true(spool_open(&spool, s->folder, e));
	assert_true(spool_write(&spool, bytes, n, e));
	hash_end(&spool.hash, hash);
	*f = (struct store_file){ .name = "a.txt",
				  .type = "text/plain",
				  .purpose = "user_data",
				  .size = (int64_t)n,
				  .hash = hash };
	ok = store_file_add(s->store, &upload, f, s->arena, e);
	spool_close(&spool);
	return ok;
}

static struct store_file added(const struct site *s, const char *key,
			       const char *bytes, size_t n)
{
	struct store_file f;
	struct error e = { 0 };

	if (!add(s, key, bytes, n, &f, &e))
		fail_msg("%s", e.message);
	return f;
}

static bool find(const struct site *s, const char *key, const char *id,
		 struct store_file *f)
{
	struct error e = { .kind = ERROR_KINDS };

	if (store_file_find(s->store, key, id, f, s->arena, &e))
		return true;
	assert_error(&e, ERROR_NOT_FOUND, "id");
	return false;
}

static void delete (const struct site *s, const struct store_file *f)
{
	struct error e = { 0 };
	bool last;

	if (!store_file_delete(s->store, f, &last, &e))
		fail_msg("%s", e.message);
}

static void assert_bytes(const struct site *s, const struct store_file *f,
			 const char *bytes, size_t n, size_t step)
{
	const struct chat_file *file = store_file_bytes(s->store, f, s->arena);
	char *read = arena_alloc(s->arena, n);
	struct error e = { 0 };

	assert_int_equal(file->size, n);
	for (size_t at = 0; at < n; at += step) {
		size_t piece = n - at < step ? n - at : step;

		if (!file->read(file, (int64_t)at, read + at, piece, &e))
			fail_msg("%s", e.message);
	}
	assert_memory_equal(read, bytes, n);
}

static void a_file_is_read_back_byte_for_byte(void **state)
{
	static const size_t sizes[] = { 1, CHUNK - 1, CHUNK, CHUNK + 1,
					3 * CHUNK + 7 };
	struct site s = open_site(*state);

	for (size_t i = 0; i < COUNT(sizes); i++) {
		const char *bytes = pattern(*state, sizes[i], (unsigned)i + 1);
		struct store_file f = added(&s, "k", bytes, sizes[i]), found;

		assert_memory_equal(f.id, "file-", 5);
		assert_int_equal(strlen(f.id), 29);
		assert_true(find(&s, "k", f.id, &found));
		assert_string_equal(found.name, "a.txt");
		assert_string_equal(found.type, "text/plain");
		assert_string_equal(found.purpose, "user_data");
		assert_string_equal(found.hash, f.hash);
		assert_int_equal(found.size, sizes[i]);
		assert_int_equal(found.created_ms, f.created_ms);
		assert_bytes(&s, &found, bytes, sizes[i], sizes[i]);
		assert_bytes(&s, &found, bytes, sizes[i], 100000);
	}
}

static void bytes_are_read_from_any_offset(void **state)
{
	struct site s = open_site(*state);
	const char *bytes = pattern(*state, 2 * CHUNK, 1);
	struct store_file f = added(&s, "k", bytes, 2 * CHUNK);
	const struct chat_file *file = store_file_bytes(s.store, &f, *state);
	static const size_t offsets[] = { CHUNK + 5, 0, CHUNK - 3, 7 };
	char piece[6];
	struct error e;

	for (size_t i = 0; i < COUNT(offsets); i++) {
		assert_true(
			file->read(file, (int64_t)offsets[i], piece, 6, &e));
		assert_memory_equal(piece, bytes + offsets[i], 6);
	}
}

struct reader {
	const struct chat_file *file;
	const char *expected;
	size_t first; /* chunk */
	size_t wrong; /* reads */
};

static void *read_chunks(void *ctx)
{
	struct reader *r = ctx;
	static const size_t sizes[] = { CHUNK, 3072 };

	for (size_t i = 0; i < 400; i++) {
		size_t at = (r->first + i) % 4 * CHUNK, n = sizes[i % 2];
		struct arena a;
		struct error e;
		char *p;

		arena_init(&a);
		p = arena_alloc(&a, n);
		r->wrong += !r->file->read(r->file, (int64_t)at, p, n, &e) ||
			    memcmp(p, r->expected + at, n) != 0;
		arena_fini(&a);
	}
	return NULL;
}

/* As several choices send it, each in a thread. */
static void threads_read_a_file_at_once(void **state)
{
	struct site s = open_site(*state);
	char *bytes = pattern(*state, (size_t)4 * CHUNK, 1);
	struct store_file f = added(&s, "key", bytes, (size_t)4 * CHUNK);
	const struct chat_file *file = store_file_bytes(s.store, &f, *state);
	struct reader readers[4];
	pthread_t threads[4];

	for (size_t i = 0; i < COUNT(threads); i++) {
		readers[i] = (struct reader){ file, bytes, i, 0 };
		assert_true(
			thread_start(&threads[i], read_chunks, &readers[i]));
	}
	for (size_t i = 0; i < COUNT(threads); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(readers[i].wrong, 0);
	}
}

static void a_file_belongs_to_its_key(void **state)
{
	struct site s = open_site(*state);
	struct store_file f = added(&s, "k", "abc", 3), found;
	struct store_file_list list = { .limit = 10 };
	struct error e;

	assert_false(find(&s, "other", f.id, &found));
	assert_true(store_file_list(s.store, "other", &list, *state, &e));
	assert_int_equal(list.n, 0);
}

static void equal_bytes_of_a_key_are_stored_once(void **state)
{
	struct site s = open_site(*state);
	struct store_file one = added(&s, "k", "abc", 3);
	struct store_file two = added(&s, "k", "abc", 3);
	struct store_file other = added(&s, "other", "abc", 3), found;

	assert_string_not_equal(one.id, two.id);
	assert_int_equal(one.content, two.content);
	assert_int_not_equal(one.content, other.content);
	assert_int_equal(
		database_int(s.path, "SELECT count(*) FROM file_chunks"), 2);
	delete (&s, &one);
	assert_false(find(&s, "k", one.id, &found));
	assert_bytes(&s, &two, "abc", 3, 3);
	delete (&s, &two);
	assert_int_equal(
		database_int(s.path, "SELECT count(*) FROM file_chunks"), 1);
	assert_bytes(&s, &other, "abc", 3, 3);
}

static bool holds(struct arena *a, const char *path, const char *text)
{
	size_t n;
	const char *all = files_read(a, path, &n);

	return memmem(all, n, text, strlen(text)) != NULL;
}

static void no_byte_of_a_deleted_file_is_left(void **state)
{
	struct site s = open_site(*state);
	const char *log = arena_printf(*state, "%s-wal", s.path);
	size_t n = 2 * CHUNK;
	char *bytes = pattern(*state, n, 1);
	struct store_file f;

	for (size_t i = 0; i + 32 < n; i += 1000)
		memcpy(bytes + i, "the secret of this test", 23);
	f = added(&s, "k", bytes, n);
	added(&s, "k", "stays", 5);
	store_empty_log(s.store);
	assert_true(holds(*state, s.path, "the secret of this test"));
	delete (&s, &f);
	assert_false(holds(*state, s.path, "the secret of this test"));
	assert_false(holds(*state, log, "the secret of this test"));
}

static void reading_a_deleted_file_fails(void **state)
{
	struct site s = open_site(*state);
	struct store_file f = added(&s, "k", "abc", 3);
	const struct chat_file *file = store_file_bytes(s.store, &f, *state);
	struct error e = { .kind = ERROR_KINDS };
	char piece[3];

	delete (&s, &f);
	/* The bytes of another file must not be read instead. */
	added(&s, "k", "xyz", 3);
	assert_false(file->read(file, 0, piece, 3, &e));
	assert_error(&e, ERROR_NOT_FOUND, "");
}

static void lists_are_paged_in_both_orders(void **state)
{
	struct site s = open_site(*state);
	struct store_file_list list = { .limit = 2, .ascending = true };
	const char *ids[5];
	struct error e;

	for (size_t i = 0; i < 5; i++)
		ids[i] = added(&s, "k", pattern(*state, 1, (unsigned)i), 1).id;
	for (size_t i = 0; i < 5; i += list.n) {
		assert_true(store_file_list(s.store, "k", &list, *state, &e));
		assert_int_equal(list.n, i < 4 ? 2 : 1);
		assert_int_equal(list.more, i < 4);
		assert_string_equal(list.files[0].id, ids[i]);
		list.after = list.files[list.n - 1].id;
	}
	list = (struct store_file_list){ .limit = 3, .after = ids[3] };
	assert_true(store_file_list(s.store, "k", &list, *state, &e));
	assert_int_equal(list.n, 3);
	assert_false(list.more);
	assert_string_equal(list.files[0].id, ids[2]);
	assert_string_equal(list.files[2].id, ids[0]);
	list.purpose = "vision";
	assert_true(store_file_list(s.store, "k", &list, *state, &e));
	assert_int_equal(list.n, 0);
	list.after = "file-none";
	assert_false(store_file_list(s.store, "k", &list, *state, &e));
	assert_error(&e, ERROR_NOT_FOUND, "after");
}

static void all_files_together_have_a_size_limit(void **state)
{
	struct site s = open_site(*state);
	struct error e = { .kind = ERROR_KINDS };
	struct store_file f;

	s.space = 5;
	assert_true(add(&s, "k", "abc", 3, &f, &e));
	assert_false(add(&s, "other", "xyz", 3, &f, &e));
	assert_error(&e, ERROR_TOO_LARGE, "");
	assert_contains(e.message, "KIMI_FILE_SPACE");
	assert_true(add(&s, "k", "abc", 3, &f, &e));
	assert_true(add(&s, "k", "de", 2, &f, &e));
}

static void the_rest_of_a_killed_upload_is_deleted(void **state)
{
	struct site s = open_site(*state);

	added(&s, "k", "abc", 3);
	database_run(s.path,
		     arena_printf(*state,
				  "INSERT INTO file_contents (id, key_id, "
				  "sha256, size, lease_until) VALUES "
				  "(7, 1, 'h', 9, 1), (8, 1, 'h', 9, %lld);"
				  "INSERT INTO file_chunks VALUES "
				  "(7, 0, x'00'), (8, 0, x'00')",
				  (long long)clock_wall_ms() + 30000));
	added(&s, "k", "new", 3);
	assert_int_equal(database_int(s.path,
				      "SELECT count(*) FROM file_contents "
				      "WHERE id = 7"),
			 0);
	assert_int_equal(database_int(s.path,
				      "SELECT count(*) FROM file_chunks "
				      "WHERE content_id = 7"),
			 0);
	assert_int_equal(database_int(s.path,
				      "SELECT count(*) FROM file_chunks "
				      "WHERE content_id = 8"),
			 1);
}

static void an_unfinished_upload_is_not_shared(void **state)
{
	struct site s = open_site(*state);
	struct store_file f;

	f = added(&s, "k", "abc", 3);
	database_run(s.path,
		     arena_printf(*state,
				  "UPDATE file_contents SET lease_until = %lld",
				  (long long)clock_wall_ms() + 30000));
	added(&s, "k", "abc", 3);
	assert_int_equal(
		database_int(s.path, "SELECT count(*) FROM file_contents"), 2);
	assert_int_equal(database_int(s.path,
				      "SELECT count(*) FROM file_contents "
				      "WHERE lease_until IS NULL"),
			 1);
	(void)f;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read_back_byte_for_byte),
		TEST(bytes_are_read_from_any_offset),
		TEST(threads_read_a_file_at_once),
		TEST(a_file_belongs_to_its_key),
		TEST(equal_bytes_of_a_key_are_stored_once),
		TEST(no_byte_of_a_deleted_file_is_left),
		TEST(reading_a_deleted_file_fails),
		TEST(lists_are_paged_in_both_orders),
		TEST(all_files_together_have_a_size_limit),
		TEST(the_rest_of_a_killed_upload_is_deleted),
		TEST(an_unfinished_upload_is_not_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
