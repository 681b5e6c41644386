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

/* Where a setting has its value from, and what is written there; both NULL if
 * it has none. The value may be a secret. */
struct config_source {
	const char *place; /* "kimi.conf line 7", "environment", "default" */
	const char *value;
};

#define CONFIG_FAULTS 20

/* How the settings were read: the sources in the order of config_help_find, and
 * all that is wrong with them, up to so many. */
struct config_trace {
	struct config_source *sources;
	const char *faults[CONFIG_FAULTS];
	size_t n_faults;
};

/* The same, for people who want to know. */
bool config_load_traced(struct config *c, struct arena *a, const char *path,
			struct config_trace *trace);

#endif
