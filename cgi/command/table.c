/* SPDX-License-Identifier: MIT */
/* The table that help, completion and manual are made from, too. */
#include "cgi/command/table.h"

#include <stddef.h>

#include "cgi/command/config.h"
#include "cgi/command/config_check.h"
#include "cgi/command/help.h"
#include "cgi/command/request.h"
#include "cgi/command/requests.h"
#include "cgi/command/status.h"
#include "cgi/command/usage.h"
#include "cgi/command/version.h"

/* clang-format off */
const struct command_row command_rows[] = {
	{ "config", "show", NULL, NULL, NEEDS_NOTHING, HAS_JSON | HAS_CSV,
	  config_show, "print every setting, and where it comes from" },
	{ "config", "check", NULL, NULL, NEEDS_NOTHING, HAS_JSON | HAS_CSV,
	  config_check, "look whether the server can work with its settings" },
	{ "requests", NULL, NULL, requests_options, NEEDS_DATABASE,
	  HAS_JSON | HAS_CSV, requests_run, "list the newest requests" },
	{ "request", "show", "ID", NULL, NEEDS_DATABASE, HAS_JSON, request_show,
	  "print everything about a request, with its attempts" },
	{ "status", NULL, NULL, NULL, NEEDS_DATABASE, HAS_JSON, status_run,
	  "print how the server is: database, keys, credentials, errors" },
	{ "usage", NULL, NULL, usage_options, NEEDS_DATABASE, HAS_JSON | HAS_CSV,
	  usage_run, "print what was used, and what it cost" },
	{ "help", NULL, "[NOUN] [VERB]", NULL, NEEDS_NOTHING, 0, help_run,
	  "say what a command does" },
	{ "version", NULL, NULL, NULL, NEEDS_NOTHING, HAS_JSON, version_run,
	  "say which version this is" },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
