/* SPDX-License-Identifier: MIT */
/* An unnamed temporary file. */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For file systems without O_TMPFILE. */
static int open_and_unlink(const char *folder)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/kimi-spool-XXXXXX", folder) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

bool spool_open(struct spool *s, const char *folder, struct error *e)
{
	s->size = 0;
	hash_init(&s->hash);
	s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0)
		s->fd = open_and_unlink(folder);
	return s->fd >= 0 ||
	       error_set(e, error_kind_of_errno(errno),
			 "A temporary file cannot be created next to the "
			 "database: %s.",
			 strerror(errno));
}

void spool_close(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void spool_drop(void *spool)
{
	spool_close(spool);
}

bool spool_write(struct spool *s, const void *p, size_t n, struct error *e)
{
	const char *from = p;

	hash_add(&s->hash, p, n);
	while (n > 0) {
		ssize_t put = write(s->fd, from, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return error_set(e, ERROR_SETUP,
					 "A temporary file cannot be written "
					 "next to the database: %s.",
					 strerror(errno));
		from += put;
		n -= (size_t)put;
		s->size += put;
	}
	return true;
}

bool spool_read(const struct spool *s, int64_t offset, void *p, size_t n,
		struct error *e)
{
	char *to = p;

	while (n > 0) {
		ssize_t got = pread(s->fd, to, n, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_set(e, ERROR_INTERNAL,
					 "A temporary file cannot be read: "
					 "%s.",
					 got < 0 ? strerror(errno) :
						   "it is too short");
		to += got;
		offset += got;
		n -= (size_t)got;
	}
	return true;
}
