/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_STATUS_H
#define COMMAND_STATUS_H

#include "cgi/command/command.h"

/* `status`: how the server is, at a glance. */
enum command_exit status_run(struct command *c);

#endif
