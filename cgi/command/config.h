/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CONFIG_H
#define COMMAND_CONFIG_H

#include "cgi/command/command.h"

/* `config show`: every setting, and where it comes from. Secrets are shown as
 * the labels that they have everywhere. */
enum command_exit config_show(struct command *c);

#endif
