/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_USAGE_H
#define COMMAND_USAGE_H

#include "cgi/command/command.h"

/* `usage`: what was used, and what it cost. */
enum command_exit usage_run(struct command *c);
extern const struct command_option usage_options[];

#endif
