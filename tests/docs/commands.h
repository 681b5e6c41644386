/* SPDX-License-Identifier: MIT */
#ifndef DOCS_COMMANDS_H
#define DOCS_COMMANDS_H

/* Tables of kimi-proxy(1), made from those of cgi/command: its synopsis, what
 * each command does, and the options that several have. They return 0. */
int commands_synopsis(const char *unused);
int commands_list(const char *unused);
int commands_options(const char *unused);

#endif
