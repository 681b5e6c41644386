/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_KEY_H
#define COMMAND_KEY_H

#include "cgi/command/command.h"
#include "store/api_keys.h"

/* `key add` and the like. A secret is printed once, alone, by add and rotate. */
enum command_exit key_add(struct command *c);
enum command_exit key_set(struct command *c);
enum command_exit key_rotate(struct command *c);
enum command_exit key_block(struct command *c);
enum command_exit key_unblock(struct command *c);
enum command_exit key_revoke(struct command *c);
enum command_exit key_delete(struct command *c);

extern const struct command_option key_rotate_options[];
extern const struct command_option key_delete_options[];

/* The key that the first argument names. */
bool key_find(struct command *c, struct store_api_key *k, struct error *e);

/* The row of the key that the option --key names; 0: it was not given. */
bool key_option(struct command *c, int64_t *row, struct error *e);

/* Its name or, if it has none, label. */
const char *key_shown(const struct store_api_key *k);

/* Whether it is one of the settings. */
bool key_is_configured(const struct command *c, const struct store_api_key *k);

#endif
