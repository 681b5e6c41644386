/* SPDX-License-Identifier: MIT */
/* Libraries that are loaded at run time, and errors that say what to do. */
#include "tests/unit/support/test.h"

#include "base/library.h"

static void a_missing_library_is_named_with_its_package(void **state)
{
	struct error e;

	(void)state;
	assert_null(library_open("libnowhere.so.1", "Nowhere", &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_string_equal(e.message, "libnowhere.so.1 cannot be loaded. "
				       "Is Nowhere installed?");
}

static void a_function_is_found_or_named(void **state)
{
	struct error e;
	void *library = library_open("libc.so.6", "the C library", &e);
	int (*absolute)(int) = NULL;

	(void)state;
	assert_non_null(library);
	assert_true(library_find(library, "abs", &absolute, &e));
	assert_int_equal(absolute(-3), 3);
	assert_false(library_find(library, "no_such_function", &absolute, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "lacks the function no_such_function.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_library_is_named_with_its_package),
		TEST(a_function_is_found_or_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
