/* SPDX-License-Identifier: MIT */
/* Which processes still run, as locks on bytes of a file. */
#include "store/lease_owners_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many numbers are too many to meet by chance, and every file system can
 * lock so far behind the end. */
#define MOST_OWNERS (sizeof(off_t) > 4 ? UINT64_C(1) << 48 : UINT64_C(1) << 30)

/* A number that is taken is next to impossible. */
#define TRIES 3

void lease_owners_init(struct lease_owners *o, const char *database,
		       const char *suffix)
{
	*o = (struct lease_owners){ .database = strdup(database), .fd = -1 };
	if (o->database == NULL ||
	    asprintf(&o->path, "%s%s", database, suffix) < 0)
		abort();
}

void lease_owners_fini(struct lease_owners *o)
{
	if (o->path == NULL)
		return;
	if (o->fd >= 0)
		close(o->fd);
	free(o->database);
	free(o->path);
}

/* Who may use the database may use its new file, too, also if root made it. */
static void make_like(int fd, const char *database)
{
	struct stat st;

	if (stat(database, &st) != 0 || fchmod(fd, st.st_mode & 0777) != 0)
		return;
	if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) != 0)
		return; /* then it is root's */
}

static int open_file(const struct lease_owners *o)
{
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(o->path, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = open(o->path, flags | O_CREAT, 0600);
	if (fd >= 0)
		make_like(fd, o->database);
	return fd;
}

static struct flock byte_of(int64_t owner)
{
	return (struct flock){ .l_type = F_WRLCK,
			       .l_whence = SEEK_SET,
			       .l_start = owner,
			       .l_len = 1 };
}

/* It belongs to the open file, so that other connections of this process are
 * others, too. */
static bool lock(int fd, int64_t owner)
{
	struct flock l = byte_of(owner);

	return fcntl(fd, F_OFD_SETLK, &l) == 0;
}

static bool was_deleted(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/* Somebody may tidy up an empty file: then all meet in a new one. */
static bool open_current(struct lease_owners *o)
{
	int fd;

	if (o->fd >= 0 && !was_deleted(o->fd))
		return true;
	fd = open_file(o);
	if (fd < 0)
		return false;
	if (o->own != 0 && !lock(fd, o->own)) {
		close(fd);
		return false;
	}
	if (o->fd >= 0)
		close(o->fd);
	o->fd = fd;
	return true;
}

static int64_t random_owner(void)
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		abort();
	return (int64_t)(random % MOST_OWNERS) + 1;
}

int64_t lease_owners_own(struct lease_owners *o)
{
	if (!open_current(o))
		return 0;
	for (int i = 0; i < TRIES && o->own == 0; i++) {
		int64_t owner = random_owner();

		if (lock(o->fd, owner))
			o->own = owner;
	}
	return o->own;
}

bool lease_owners_run(struct lease_owners *o, int64_t owner)
{
	struct flock l = byte_of(owner);

	if (owner == o->own || !open_current(o))
		return true;
	return fcntl(o->fd, F_OFD_GETLK, &l) != 0 || l.l_type != F_UNLCK;
}
