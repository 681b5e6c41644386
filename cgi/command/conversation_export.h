/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CONVERSATION_EXPORT_H
#define COMMAND_CONVERSATION_EXPORT_H

#include "cgi/command/command.h"

/* `conversation export [ID]`: to standard output. */
extern const struct command_option conversation_export_options[];
enum command_exit conversation_export(struct command *c);

#endif
