/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_PROMPT_H
#define COMMAND_PROMPT_H

#include <stdbool.h>

#include "cgi/command/command.h"

/*
 * Asks whether what the sentence says is meant, for rows with HAS_YES: true with
 * --yes, or if somebody types yes or y. Where nobody can be asked that is
 * ERROR_MISSING.
 */
bool prompt_confirm(const struct command *c, struct error *e,
		    const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * A secret, which is called `what`, without white space at its ends: what is
 * typed, which the terminal does not show, or the first line of standard input
 * if that is no terminal. NULL with ERROR_MISSING if there is none.
 */
const char *prompt_secret(struct arena *a, const char *what, struct error *e);

#endif
