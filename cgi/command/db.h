/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_DB_H
#define COMMAND_DB_H

#include "cgi/command/command.h"

/* `db backup FILE`, `db vacuum`, `db upgrade`: the database as a file. */
enum command_exit db_backup(struct command *c);
enum command_exit db_vacuum(struct command *c);
enum command_exit db_upgrade(struct command *c);

/* `db verify`: a line for each check; COMMAND_WRONG if one failed. */
enum command_exit db_verify(struct command *c);

/* `db prune`: deletes what the settings do not keep, now. */
extern const struct command_option db_prune_options[];
enum command_exit db_prune(struct command *c);

#endif
