/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "app/app.h"
#include "base/arena.h"
#include "base/error.h"
#include "cgi/command/options.h"
#include "cgi/command/output.h"
#include "cgi/command/row.h"
#include "store/store.h"

/*
 * A run of the command: what every verb is given. It has what its row needs
 * (enum command_needs); `app` and `store` are NULL otherwise. What it prints to
 * `output` is written when it returns, unless it failed.
 */
struct command {
	struct arena arena; /* for the whole run */
	const struct command_row *rows;
	const struct command_row *row;
	struct options options;
	struct output output;
	struct app *app;
	struct store *store;
};

/* Says on standard error what went wrong, and with which exit status. */
enum command_exit command_fail(const struct error *e);

/* Says on standard error what was done, or what is to be done now: a sentence. */
void command_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
