/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include "cgi/command/row.h"

/* All that the command can do, a row for each verb, in the order of help and
 * manual. The last one has no noun. */
extern const struct command_row command_rows[];

#endif
