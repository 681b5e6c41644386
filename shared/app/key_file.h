/* SPDX-License-Identifier: MIT */
#ifndef APP_KEY_FILE_H
#define APP_KEY_FILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * The key under which the database has the owner's credentials: 256 random bits
 * in hexadecimal, in a file of its own (mode 0600). Who has only the database has
 * no credential.
 */
#define KEY_FILE_NAME "kimi.key"

/* In the arena. NULL with ERROR_SETUP, and what to do, if it is missing,
 * damaged, or readable by others. */
const char *key_file_read(const char *path, struct arena *a, struct error *e);

/* The same, and makes it if it is missing. */
const char *key_file_make(const char *path, struct arena *a, struct error *e);

#endif
