/* SPDX-License-Identifier: MIT */
/* Positions by their keys. */
#include "tests/unit/support/test.h"

#include "base/key_index.h"

#define MANY 100000

static void a_key_has_the_position_put_last(void **state)
{
	struct key_index x;

	key_index_init(&x, *state);
	assert_true(key_index_find(&x, "a") == KEY_INDEX_NONE);
	assert_true(key_index_find_number(&x, 0) == KEY_INDEX_NONE);
	key_index_put(&x, "a", 1);
	key_index_put(&x, "", 2);
	key_index_put_number(&x, 0, 3);
	key_index_put(&x, "a", 4);
	assert_int_equal(key_index_find(&x, "a"), 4);
	assert_int_equal(key_index_find(&x, ""), 2);
	assert_int_equal(key_index_find_number(&x, 0), 3);
	assert_true(key_index_find(&x, "b") == KEY_INDEX_NONE);
	assert_int_equal(x.n, 3);
}

static void many_keys_are_found(void **state)
{
	struct arena *a = *state;
	struct key_index x;

	key_index_init(&x, a);
	for (size_t i = 0; i < MANY; i++) {
		key_index_put(&x, arena_printf(a, "call_%zu", i), i);
		key_index_put_number(&x, i << 32, 2 * i);
	}
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(
			key_index_find(&x, arena_printf(a, "call_%zu", i)), i);
		assert_int_equal(key_index_find_number(&x, i << 32), 2 * i);
	}
	assert_true(key_index_find(&x, "call_") == KEY_INDEX_NONE);
	assert_true(key_index_find_number(&x, 1) == KEY_INDEX_NONE);
	assert_int_equal(x.n, 2 * MANY);
	assert_true(x.room <= 8 * MANY);
}

/* Nobody outside knows where a key is. */
static void a_large_index_has_a_secret(void **state)
{
	struct key_index one, other;

	key_index_init(&one, *state);
	key_index_init(&other, *state);
	for (uint64_t i = 0; i < 1000; i++) {
		key_index_put_number(&one, i, i);
		key_index_put_number(&other, i, i);
	}
	assert_true(one.secret[0] != other.secret[0]);
	assert_true(one.secret[1] != other.secret[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_has_the_position_put_last),
		TEST(many_keys_are_found),
		TEST(a_large_index_has_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
