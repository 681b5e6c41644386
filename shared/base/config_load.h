/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONFIG_LOAD_H
#define BASE_CONFIG_LOAD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"

/*
 * Reads the file at `path` (NULL: none), then the process environment. A bad
 * value, a bad line and an unknown name in the file are ERROR_SETUP: the
 * message says where and never shows the value.
 */
bool config_load(struct config *c, struct arena *a, const char *path,
		 struct error *e);

#endif
