/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_SETUP_H
#define COMMAND_SETUP_H

#include "app/config_search.h"
#include "cgi/command/command.h"

/* Where the settings are: in the file that --config names or, if that is NULL,
 * where the programs look, else where `make install` puts them. */
void setup_find(const char *named, struct config_found *found, struct arena *a);

/*
 * What a command makes belongs to whoever the database at `path` belongs to or,
 * before there is one, its folder: root becomes that user, others are refused.
 */
bool setup_user(const char *path, struct error *e);

/* The app of these settings, to be closed by setup_end; see `broken`. From here
 * on local times are those of the owner. */
struct app *setup_app(const struct config_found *found);

/* Gives the command what its row needs. On failure its exit status is *status,
 * and standard error says why. */
bool setup_command(struct command *c, enum command_exit *status);
void setup_end(struct command *c);

#endif
