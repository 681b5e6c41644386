/* SPDX-License-Identifier: MIT */
/* kimi.conf in the home of the user. The places next to the program are tested
 * with the program itself, in config_places.test.mjs. */
#include "tests/unit/support/test.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/config_search.h"
#include "tests/unit/support/files.h"

static const char *home; /* NULL: the user has no entry */

/* Takes the place of libc's. */
int getpwuid_r(uid_t uid, struct passwd *user, char *space, size_t n,
	       struct passwd **found)
{
	(void)uid;
	*found = home == NULL ? NULL : user;
	if (home != NULL) {
		assert_true(strlen(home) < n);
		memcpy(space, home, strlen(home) + 1);
		user->pw_dir = space;
	}
	return 0;
}

/* The file in a new home. */
static const char *new_home(struct arena *a, mode_t mode)
{
	const char *folder, *path;

	home = files_folder(a);
	folder = arena_printf(a, "%s/kimi-private", home);
	path = arena_printf(a, "%s/kimi.conf", folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	files_write(path, "DEBUG=0\n");
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void the_home_of_the_user_is_looked_at(void **state)
{
	const char *path = new_home(*state, 0600);
	struct config_found f;

	config_search(&f, *state);
	assert_string_equal(f.path, path);
	assert_false(f.refused);
}

static void what_others_can_read_is_refused_there(void **state)
{
	const char *path = new_home(*state, 0640);
	struct config_found f;

	config_search(&f, *state);
	assert_true(f.refused);
	assert_string_equal(f.path, path);
	assert_contains(f.why_refused, "0600");
	assert_error(&f.error, ERROR_SETUP, "");
	assert_lacks(f.error.message, home);
}

/* Apache names the folder of a user or an alias only in the second. */
static void inside_a_document_root_it_is_refused(void **state)
{
	static const char *const roots[] = { "DOCUMENT_ROOT",
					     "CONTEXT_DOCUMENT_ROOT" };
	struct config_found f;

	new_home(*state, 0600);
	for (size_t i = 0; i < COUNT(roots); i++) {
		setenv(roots[i], home, 1);
		config_search(&f, *state);
		unsetenv(roots[i]);
		assert_true(f.refused);
		assert_contains(f.why_refused, "document root");
		assert_lacks(f.error.message, "document root");
	}
}

static void a_named_file_comes_first(void **state)
{
	struct config_found f;

	new_home(*state, 0640);
	setenv("KIMI_CONFIG", "/named", 1);
	config_search(&f, *state);
	unsetenv("KIMI_CONFIG");
	assert_string_equal(f.path, "/named");
	assert_false(f.refused);
}

static void there_may_be_none(void **state)
{
	struct config_found f;

	home = NULL;
	config_search(&f, *state);
	assert_null(f.path);
	home = files_folder(*state);
	config_search(&f, *state);
	assert_null(f.path);
	assert_false(f.refused);
}

static int without_a_name(void **state)
{
	(void)state;
	unsetenv("KIMI_CONFIG");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_home_of_the_user_is_looked_at),
		TEST(what_others_can_read_is_refused_there),
		TEST(inside_a_document_root_it_is_refused),
		TEST(a_named_file_comes_first),
		TEST(there_may_be_none),
	};

	return cmocka_run_group_tests(tests, without_a_name, NULL);
}
