/* SPDX-License-Identifier: MIT */
/* The table that help, completion and manual are made from, too. */
#include "cgi/command/table.h"

#include <stddef.h>

#include "cgi/command/help.h"
#include "cgi/command/version.h"

/* clang-format off */
const struct command_row command_rows[] = {
	{ "help", NULL, "[NOUN] [VERB]", NULL, NEEDS_NOTHING, 0, help_run,
	  "say what a command does" },
	{ "version", NULL, NULL, NULL, NEEDS_NOTHING, HAS_JSON, version_run,
	  "say which version this is" },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
