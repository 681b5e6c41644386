/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_KEY_LIST_H
#define COMMAND_KEY_LIST_H

#include "cgi/command/command.h"

enum command_exit key_list(struct command *c);
enum command_exit key_show(struct command *c);
extern const struct command_option key_list_options[];

#endif
