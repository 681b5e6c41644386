/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_RUN_H
#define COMMAND_RUN_H

#include "cgi/command/row.h"

/* Runs the command of these words, `argv` without the program, up to NULL. */
enum command_exit command_run(const char *const *words);

#endif
