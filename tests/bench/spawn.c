/* SPDX-License-Identifier: MIT */
/* Times a program from its start to its end. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool run_once(char **argv, const posix_spawn_file_actions_t *files)
{
	int status;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], files, NULL, argv, environ) != 0)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool spawn_measure(char **argv, unsigned count, struct samples *times)
{
	posix_spawn_file_actions_t files;
	bool good = true;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	for (unsigned i = 0; good && i < count; i++) {
		int64_t start = clock_us();

		good = run_once(argv, &files);
		samples_add(times, clock_us() - start);
	}
	posix_spawn_file_actions_destroy(&files);
	return good;
}
