/* SPDX-License-Identifier: MIT */
#ifndef BASE_FILE_STAMP_H
#define BASE_FILE_STAMP_H

#include <stdbool.h>
#include <sys/stat.h>

/* What changes when somebody writes or replaces a file, or its mode. */
struct file_stamp {
	dev_t device;
	ino_t inode; /* 0: there is none */
	off_t size;
	struct timespec changed;
};

struct file_stamp file_stamp_read(const char *path);
bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b);

#endif
