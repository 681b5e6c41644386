/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_VERSION_H
#define COMMAND_VERSION_H

#include "cgi/command/command.h"

enum command_exit version_run(struct command *c);

#endif
