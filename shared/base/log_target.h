/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_TARGET_H
#define BASE_LOG_TARGET_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Opens what KIMI_LOG names for appending: a file, which is created with mode
 * 0600, or /dev/stderr, /dev/stdout or /dev/null. A symbolic link would let
 * others choose the file, and a pipe that nobody reads would block. ERROR_SETUP
 * says why not; it has the path, and is for the log only. The caller closes
 * `*fd`.
 */
bool log_target_open(const char *path, int *fd, struct error *e);

#endif
