/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_PRICE_H
#define COMMAND_PRICE_H

#include "cgi/command/command.h"

/* `price list`: those that apply now, or all. */
enum command_exit price_list(struct command *c);
extern const struct command_option price_list_options[];

/* `price set`: a price from some moment on. */
enum command_exit price_set(struct command *c);
extern const struct command_option price_set_options[];

/* `price import`: those of a list that others keep. */
enum command_exit price_import_file(struct command *c);
extern const struct command_option price_import_options[];

/* `price check`: models that were used and have no price. */
enum command_exit price_check(struct command *c);

#endif
