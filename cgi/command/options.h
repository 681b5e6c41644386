/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/config_list.h"
#include "base/error.h"
#include "cgi/command/row.h"

/* What stands behind noun and verb. */
struct options {
	const struct command_row *row;
	struct arena *arena;
	struct option_given *given;
	size_t n_given;
	const char *const *arguments;
	size_t n_arguments;
};

/* The option at `index` of the row's own and of those it has besides; NULL past
 * the last one. */
const struct command_option *option_at(const struct command_row *row,
				       size_t index);

/*
 * Reads `words`, up to NULL: --name VALUE, --name=VALUE, and arguments between
 * them; behind "--" all are arguments. Whatever does not fit the row is
 * refused; how many arguments there must be, is not if --help is among them.
 */
bool options_parse(struct options *o, struct arena *a,
		   const struct command_row *row, const char *const *words,
		   struct error *e);

/* NULL if there are not so many. */
const char *argument(const struct options *o, size_t index);

bool option_given(const struct options *o, const char *name);

/* Its last value; NULL if it was not given. */
const char *option_text(const struct options *o, const char *name);

/* All its values; items is NULL if it was not given. */
struct config_list option_list(const struct options *o, const char *name);

#endif
