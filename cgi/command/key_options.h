/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_KEY_OPTIONS_H
#define COMMAND_KEY_OPTIONS_H

#include "cgi/command/command.h"
#include "store/key_changes.h"

/* What can be set for an API key, by `key add` and, with a name, `key set`. */
extern const struct command_option key_add_options[];
extern const struct command_option key_set_options[];

/*
 * Puts what the options say into the key. `*budgets` is NULL if they say nothing
 * of budgets. Whatever is called "none" is not set any more.
 */
bool key_options_read(const struct options *o, struct store_api_key *k,
		      const struct store_key_budgets **budgets,
		      struct error *e);

#endif
