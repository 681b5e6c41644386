/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_FILES_H
#define SUPPORT_FILES_H

#include <stddef.h>

#include "base/arena.h"

/* A new folder, removed with all that is in it when the arena goes. */
const char *files_folder(struct arena *a);

void files_write(const char *path, const char *text);

/* The whole of it, ended by a NUL; the test fails if it cannot be read. */
char *files_read(struct arena *a, const char *path, size_t *n);

#endif
