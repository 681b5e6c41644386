/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CONFIG_CHECK_H
#define COMMAND_CONFIG_CHECK_H

#include "cgi/command/command.h"

/* `config check`: whether the server can work with its settings, and what is
 * wrong with them. */
enum command_exit config_check(struct command *c);

#endif
