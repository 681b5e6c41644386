/* SPDX-License-Identifier: MIT */
/* Files that arguments name. */
#include "cgi/command/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgi/command/caller.h"

static int open_as_caller(const char *path)
{
	const struct user user = user_become_caller();
	int fd = open(path, O_RDONLY | O_CLOEXEC), number = errno;

	user_restore(user);
	errno = number;
	return fd;
}

static bool read_all(int fd, struct buf *text)
{
	char part[16384];
	ssize_t n;

	do {
		n = read(fd, part, sizeof(part));
	} while ((n > 0 && buf_append(text, part, (size_t)n)) ||
		 (n < 0 && errno == EINTR));
	return n >= 0;
}

bool input_file_read(const char *path, struct buf *text, struct error *e)
{
	int fd = open_as_caller(path);
	bool ok = fd >= 0 && read_all(fd, text);
	int number = errno;

	if (fd >= 0)
		close(fd);
	if (!ok)
		return error_set(e, ERROR_VALUE, "%.512s cannot be read: %s.",
				 path, strerror(number));
	return !text->full || error_set(e, ERROR_VALUE,
					"%.512s is too large: it has more than "
					"%zu KiB.",
					path, text->limit / 1024);
}
