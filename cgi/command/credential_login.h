/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CREDENTIAL_LOGIN_H
#define COMMAND_CREDENTIAL_LOGIN_H

#include "cgi/command/command.h"

extern const struct command_option credential_login_options[];

enum command_exit credential_login_run(struct command *c);

#endif
