/* SPDX-License-Identifier: MIT */
/* SQLite has memory of every size, whatever was freed before. */
#include "tests/unit/support/test.h"

#include <sqlite3.h>
#include <string.h>

#include "store/small_memory.h"
#include "tests/unit/support/database.h"

#define LONG 2000 /* bytes */

static int prepare(void **state)
{
	(void)state;
	store_small_memory_init();
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	return 0;
}

static void pieces_of_each_size_do_not_overlap(void **state)
{
	unsigned char *pieces[LONG];

	(void)state;
	for (int i = 0; i < LONG; i++) {
		pieces[i] = sqlite3_malloc(i + 1);
		assert_non_null(pieces[i]);
		assert_true(sqlite3_msize(pieces[i]) >= (unsigned)i + 1);
		memset(pieces[i], i % 256, (size_t)i + 1);
	}
	for (int i = 0; i < LONG; i++) {
		for (int j = 0; j <= i; j++)
			assert_int_equal(pieces[i][j], i % 256);
		sqlite3_free(pieces[i]);
	}
}

static void a_freed_piece_is_used_again(void **state)
{
	void *first = sqlite3_malloc(100), *second;

	(void)state;
	sqlite3_free(first);
	second = sqlite3_malloc(97);
	assert_ptr_equal(second, first);
	sqlite3_free(second);
}

static void a_piece_keeps_what_it_holds_when_it_is_resized(void **state)
{
	static const int sizes[] = { 9, 300, 40, 600, 5000, 700, 20 };
	char *piece = sqlite3_malloc(8);

	(void)state;
	memcpy(piece, "as it is", 8);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		piece = sqlite3_realloc(piece, sizes[i]);
		assert_memory_equal(piece, "as it is", 8);
	}
	sqlite3_free(piece);
}

static void a_database_is_used_with_it(void **state)
{
	const char *path = database_path(*state);

	database_open(*state, path);
	assert_int_equal(database_int(path, "SELECT count(*) FROM requests"),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_of_each_size_do_not_overlap),
		TEST(a_freed_piece_is_used_again),
		TEST(a_piece_keeps_what_it_holds_when_it_is_resized),
		TEST(a_database_is_used_with_it),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
