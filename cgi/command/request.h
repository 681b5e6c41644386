/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_REQUEST_H
#define COMMAND_REQUEST_H

#include "cgi/command/command.h"

/* `request show`. */
enum command_exit request_show(struct command *c);

#endif
