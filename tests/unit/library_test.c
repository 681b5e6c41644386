/* SPDX-License-Identifier: MIT */
/* Libraries that are loaded at run time, and errors that say what to do. */
#include "tests/unit/support/test.h"

#include <sys/resource.h>

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

static void without_a_descriptor_a_library_is_not_missing(void **state)
{
	struct rlimit before, none;
	struct error e;
	void *library;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	library = library_open("libcurl.so.4", "libcurl 4", &e);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_null(library);
	assert_error(&e, ERROR_FULL, "");
	assert_contains(e.message, "Too many files");
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
		TEST(without_a_descriptor_a_library_is_not_missing),
		TEST(a_function_is_found_or_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
