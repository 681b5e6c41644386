/* SPDX-License-Identifier: MIT */
/* What KIMI_LOG may name. */
#include "tests/unit/support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log_target.h"
#include "tests/unit/support/files.h"

static void refused(const char *path, const char *why)
{
	struct error e = { .kind = ERROR_KINDS };
	int fd = -1;

	if (log_target_open(path, true, &fd, &e))
		fail_msg("opened: %s", path);
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, path);
	assert_contains(e.message, why);
	assert_contains(e.message, "KIMI_LOG");
}

static int opened(const char *path)
{
	struct error e;
	int fd = -1;

	if (!log_target_open(path, true, &fd, &e))
		fail_msg("%s", e.message);
	return fd;
}

static void a_file_is_made_for_its_owner_and_appended_to(void **state)
{
	const char *path = arena_printf(*state, "%s/log", files_folder(*state));
	struct stat s;
	size_t n;

	for (int i = 0; i < 2; i++) {
		int fd = opened(path);

		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(write(fd, "line\n", 5), 5);
		close(fd);
	}
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	assert_string_equal(files_read(*state, path, &n), "line\nline\n");
}

static void a_file_that_is_not_to_be_made_is_not(void **state)
{
	const char *folder = files_folder(*state);
	const char *path = arena_printf(*state, "%s/log", folder);
	struct error e;
	int fd = 0;

	assert_true(log_target_open(path, false, &fd, &e));
	assert_int_equal(fd, -1);
	assert_int_not_equal(access(path, F_OK), 0);
	path = arena_printf(*state, "%s/none/log", folder);
	assert_false(log_target_open(path, false, &fd, &e));
	assert_contains(e.message, "No such file");
}

static void a_link_is_not_followed(void **state)
{
	const char *folder = files_folder(*state);
	const char *link = arena_printf(*state, "%s/log", folder);
	const char *file = arena_printf(*state, "%s/victim", folder);

	assert_int_equal(symlink(file, link), 0);
	refused(link, "symbolic link");
	assert_int_not_equal(access(file, F_OK), 0);
	files_write(file, "precious\n");
	refused(link, "symbolic link");
}

static void only_a_file_is_written_to(void **state)
{
	const char *folder = files_folder(*state);
	const char *pipe = arena_printf(*state, "%s/pipe", folder);
	int reader;

	assert_int_equal(mkfifo(pipe, 0600), 0);
	refused(pipe, "not a file");
	reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	refused(pipe, "not a file");
	close(reader);
	refused("/dev/zero", "not a file");
	refused(folder, "directory");
	refused(arena_printf(*state, "%s/none/log", folder), "No such file");
}

/* Containers use these names; they are links, and their targets may be pipes
 * or sockets. */
static void the_names_of_streams_are_known(void **state)
{
	static const char *const names[] = { "/dev/stderr", "/dev/stdout",
					     "/dev/fd/2", "/proc/self/fd/1",
					     "/dev/null" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		int fd = opened(names[i]);

		assert_true(fd > STDERR_FILENO);
		close(fd);
	}
}

static void the_response_of_cgi_is_no_log(void **state)
{
	(void)state;
	setenv("REQUEST_METHOD", "GET", 1);
	refused("/dev/stdout", "response");
	close(opened("/dev/stderr"));
	unsetenv("REQUEST_METHOD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_made_for_its_owner_and_appended_to),
		TEST(a_file_that_is_not_to_be_made_is_not),
		TEST(a_link_is_not_followed),
		TEST(only_a_file_is_written_to),
		TEST(the_names_of_streams_are_known),
		TEST(the_response_of_cgi_is_no_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
