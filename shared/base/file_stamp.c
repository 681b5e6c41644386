/* SPDX-License-Identifier: MIT */
/* Notices that a file was changed. */
#include "base/file_stamp.h"

struct file_stamp file_stamp_read(const char *path)
{
	struct stat s;

	if (stat(path, &s) != 0)
		return (struct file_stamp){ 0 };
	return (struct file_stamp){ s.st_dev, s.st_ino, s.st_size, s.st_ctim };
}

bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}
