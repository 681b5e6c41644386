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

static void details_come_back_beside_the_text(void **state)
{
	static const struct sealed rows[] = {
		{ "Hm.\nWell, 你好.", 17, "[{\"type\":\"encrypted\"}]" },
		{ "Hm.", 3, NULL },
		{ "", 0, "[]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *opaque = sealed_print(*state, &rows[i]);
		const char *text = rows[i].n == 0 ? NULL : rows[i].text;
		struct sealed got;

		assert_true(sealed_read(*state, opaque, &got));
		assert_int_equal(got.n, rows[i].n);
		if (text == NULL)
			assert_null(got.text);
		else
			assert_string_equal(got.text, text);
		if (rows[i].details == NULL)
			assert_null(got.details);
		else
			assert_string_equal(got.details, rows[i].details);
		for (size_t n = 0; n < strlen(opaque); n++)
			assert_false(sealed_read(
				*state, arena_copy_n(*state, opaque, n), &got));
	}
}

static void one_kind_is_not_taken_for_the_other(void **state)
{
	const struct sealed both = { "Hm.", 3, "[]" };
	char *opaque = arena_copy(*state, sealed_print(*state, &both));
	struct sealed got;

	assert_string_equal(sealed_get(*state, opaque), "Hm.");
	opaque[1] = '1';
	assert_true(sealed_read(*state, opaque, &got));
	assert_null(got.details);
	opaque = arena_copy(*state, sealed_put(*state, "Hm.", 3));
	opaque[1] = '2';
	assert_false(sealed_read(*state, opaque, &got));
	assert_false(sealed_read(*state, NULL, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sealed_text_comes_back),
		TEST(details_come_back_beside_the_text),
		TEST(one_kind_is_not_taken_for_the_other),
		TEST(a_damaged_or_foreign_text_is_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
