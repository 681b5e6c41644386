/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CONVERSATION_H
#define COMMAND_CONVERSATION_H

#include "cgi/command/command.h"

/* `conversation list`, `show ID`, `delete ID`: those of all API keys. */
extern const struct command_option conversation_list_options[];
enum command_exit conversation_list(struct command *c);

extern const struct command_option conversation_key_option[];

enum command_exit conversation_show(struct command *c);
enum command_exit conversation_delete(struct command *c);

/* `conversation search WORD`: in what was said in them and outside of them. */
extern const struct command_option conversation_search_options[];
enum command_exit conversation_search(struct command *c);

#endif
