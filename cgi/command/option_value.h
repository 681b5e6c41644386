/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_OPTION_VALUE_H
#define COMMAND_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "cgi/command/options.h"

/* Leaves `*v` if it was not given. */
bool option_number(const struct options *o, const char *name, int64_t least,
		   int64_t most, int64_t *v, struct error *e);

/* The same in milliseconds: "30s", "15m", "48h", "7d", "2w". */
bool option_duration(const struct options *o, const char *name, int64_t *ms,
		     struct error *e);

/*
 * The same in milliseconds since 1970: "2026-11-30", "2026-11-30 14:05:00" or
 * with a T, both in the local time zone unless a Z follows, or as long before
 * `now` as a duration says.
 */
bool option_time(const struct options *o, const char *name, int64_t now,
		 int64_t *ms, struct error *e);

#endif
