/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_RUN_H
#define COMMAND_RUN_H

/* Runs the command of these words, `argv` without the program, up to NULL. The
 * exit status. */
int command_run(const char *const *words);

#endif
