/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CREDENTIAL_H
#define COMMAND_CREDENTIAL_H

#include "cgi/command/command.h"

extern const struct command_option credential_add_options[];
extern const struct command_option credential_list_options[];
extern const struct command_option credential_check_options[];

enum command_exit credential_add_run(struct command *c);
enum command_exit credential_list_run(struct command *c);
enum command_exit credential_check_run(struct command *c);
enum command_exit credential_pause_run(struct command *c);
enum command_exit credential_resume_run(struct command *c);
enum command_exit credential_remove_run(struct command *c);

/* Says what a backup has to hold. `again` is what to do once its tokens are too
 * old; NULL: there are none. */
void credential_say_backup(const struct command *c, const char *again);

#endif
