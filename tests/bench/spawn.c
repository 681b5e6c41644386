/* SPDX-License-Identifier: MIT */
/* What a program costs from its start to its end. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int64_t us(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static bool run_once(char **argv, const posix_spawn_file_actions_t *files,
		     struct samples *cpu)
{
	struct rusage used;
	int status;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], files, NULL, argv, environ) != 0)
		return false;
	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			return false;
	samples_add(cpu, us(used.ru_utime) + us(used.ru_stime));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool spawn_measure(char **argv, const char *input, unsigned count,
		   struct samples *times, struct samples *cpu)
{
	posix_spawn_file_actions_t files;
	bool good = true;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input, O_RDONLY,
					 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	for (unsigned i = 0; good && i < count; i++) {
		int64_t start = clock_us();

		good = run_once(argv, &files, cpu);
		samples_add(times, clock_us() - start);
	}
	posix_spawn_file_actions_destroy(&files);
	return good;
}
