/* SPDX-License-Identifier: MIT */
/* Texts that clients carry: they come back whole or not at all. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "dialect/sealed.h"

static void a_sealed_text_comes_back(void **state)
{
	char *long_text = arena_alloc(*state, 20001);

	for (size_t n = 1; n <= 20000; n += n < 10 ? 1 : 3331) {
		memset(long_text, 'x', n);
		long_text[n] = '\0';
		assert_string_equal(
			sealed_get(*state, sealed_put(*state, long_text, n)),
			long_text);
	}
}

static void a_damaged_or_foreign_text_is_rejected(void **state)
{
	const char *sealed = sealed_put(*state, "Grüßes!", 9);
	size_t n = strlen(sealed);

	assert_null(sealed_get(*state, NULL));
	assert_null(sealed_get(*state, ""));
	assert_null(sealed_get(*state, "gAAAAABo-foreign"));
	assert_null(sealed_get(*state, sealed_put(*state, "", 0)));
	assert_null(sealed_get(*state, sealed_put(*state, "a\0b", 3)));
	assert_null(sealed_get(*state, sealed_put(*state, "\xFF", 1)));
	for (size_t i = 0; i < n; i++)
		assert_null(
			sealed_get(*state, arena_copy_n(*state, sealed, i)));
	for (size_t i = 0; i < n; i++) {
		char *other = arena_copy(*state, sealed);

		other[i] = other[i] == 'z' ? 'y' : 'z';
		assert_null(sealed_get(*state, other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sealed_text_comes_back),
		TEST(a_damaged_or_foreign_text_is_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
