/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_HELP_H
#define COMMAND_HELP_H

#include "cgi/command/command.h"

/* What --help prints, to a descriptor: of the whole command, of a noun, and of
 * one row. */
void help_all(const struct command_row *rows, int fd);
void help_noun(const struct command_row *rows, const char *noun, int fd);
void help_row(const struct command_row *row, int fd);

/* The first line of that: how the row is written. */
void help_usage(const struct command_row *row, int fd);

/* `help`: of what its arguments name. */
enum command_exit help_run(struct command *c);

#endif
