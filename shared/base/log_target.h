/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_TARGET_H
#define BASE_LOG_TARGET_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Opens what KIMI_LOG names for appending: a file, or /dev/stderr, /dev/stdout
 * or /dev/null. A symbolic link would let others choose the file, and a pipe
 * that nobody reads would block. A file that is not there is made with mode
 * 0600 if `make` is true; else `*fd` is -1, if it could be made. ERROR_SETUP
 * says why not; it has the path, and is for the log only. The caller closes
 * `*fd`.
 */
bool log_target_open(const char *path, bool make, int *fd, struct error *e);

/* The same error, of a file that was open. */
bool log_target_fail(struct error *e, const char *path, const char *why);

#endif
