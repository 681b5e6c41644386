/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_REQUESTS_H
#define COMMAND_REQUESTS_H

#include "cgi/command/command.h"

/* `requests`: the newest ones. */
enum command_exit requests_run(struct command *c);
extern const struct command_option requests_options[];

#endif
