/* SPDX-License-Identifier: MIT */
/* Opens the log without following links, but knows the names of streams. */
#include "base/log_target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* They are links to descriptors, which may not be opened again. */
static const struct {
	const char *path;
	int fd;
} streams[] = {
	{ "/dev/stderr", STDERR_FILENO },
	{ "/dev/stdout", STDOUT_FILENO },
	{ "/dev/fd/2", STDERR_FILENO },
	{ "/dev/fd/1", STDOUT_FILENO },
	{ "/proc/self/fd/2", STDERR_FILENO },
	{ "/proc/self/fd/1", STDOUT_FILENO },
};

bool log_target_fail(struct error *e, const char *path, const char *why)
{
	return error_set(e, ERROR_SETUP,
			 "The log cannot be written to %.200s: %s (setting "
			 "KIMI_LOG).",
			 path, why);
}

static bool is_null_device(const char *path)
{
	return strcmp(path, "/dev/null") == 0;
}

static bool open_stream(const char *path, int stream, int *fd, struct error *e)
{
	/* Under CGI it is the response. */
	if (stream == STDOUT_FILENO && getenv("REQUEST_METHOD") != NULL)
		return log_target_fail(e, path,
				       "standard output is the response");
	*fd = fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return *fd >= 0 || log_target_fail(e, path, strerror(errno));
}

/* Whether a file could be made: access(2) would ask for the user who started
 * this process. */
static bool can_make(const char *path, struct error *e)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s",
			 (int)(slash - path) + 1, path);
	return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 ||
	       log_target_fail(e, path, strerror(errno));
}

static const char *why_not(int number)
{
	if (number == ELOOP)
		return "it is a symbolic link";
	return number == ENXIO ? "it is not a file" : strerror(number);
}

static bool open_file(const char *path, bool make, int *fd, struct error *e)
{
	struct stat s;

	*fd = open(path,
		   O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY |
			   O_NONBLOCK | (make ? O_CREAT : 0),
		   0600);
	if (*fd < 0 && errno == ENOENT && !make)
		return can_make(path, e);
	if (*fd < 0)
		return log_target_fail(e, path, why_not(errno));
	if (fstat(*fd, &s) == 0 && (S_ISREG(s.st_mode) || is_null_device(path)))
		return true;
	close(*fd);
	return log_target_fail(e, path, "it is not a file");
}

bool log_target_open(const char *path, bool make, int *fd, struct error *e)
{
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
		if (strcmp(path, streams[i].path) == 0)
			return open_stream(path, streams[i].fd, fd, e);
	return open_file(path, make, fd, e);
}
