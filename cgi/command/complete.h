/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_COMPLETE_H
#define COMMAND_COMPLETE_H

#include "cgi/command/row.h"

/*
 * For the completion of shells: prints what the last of the words, which may be
 * "", can become after those before it. A candidate is a line, with a tab and
 * what it means behind it; none: a file, or anything.
 */
enum command_exit complete_run(const struct command_row *rows,
			       const char *const *words);

#endif
