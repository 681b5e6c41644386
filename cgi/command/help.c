/* SPDX-License-Identifier: MIT */
/* The help that is made from the table. */
#include "cgi/command/help.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"

#define WIDTH 32 /* of what is explained */

static const char *or_nothing(const char *text)
{
	return text == NULL ? "" : text;
}

static void put_explained(int fd, const char *what, const char *help)
{
	if (strlen(what) > WIDTH)
		dprintf(fd, "  %s\n%*s  %s\n", what, WIDTH + 2, "", help);
	else
		dprintf(fd, "  %-*s  %s\n", WIDTH, what, help);
}

static void put_row(const struct command_row *r, int fd)
{
	char what[128];

	snprintf(what, sizeof(what), "%s%s%s%s%s", r->noun,
		 r->verb == NULL ? "" : " ", or_nothing(r->verb),
		 r->arguments == NULL ? "" : " ", or_nothing(r->arguments));
	put_explained(fd, what, r->help);
}

void help_all(const struct command_row *rows, int fd)
{
	dprintf(fd, "kimi-proxy " KIMI_VERSION
		    " - OpenAI and Anthropic APIs over Moonshot's Kimi\n\n");
	for (const struct command_row *r = rows; r->noun != NULL; r++)
		put_row(r, fd);
	dprintf(fd,
		"\nEach takes --help. Settings come from the file of --config "
		"or KIMI_CONFIG, else\nfrom kimi.conf in one of its places, "
		"and from the environment. See kimi-proxy(1).\n");
}

void help_noun(const struct command_row *rows, const char *noun, int fd)
{
	dprintf(fd, "usage:\n");
	for (const struct command_row *r = rows; r->noun != NULL; r++)
		if (strcmp(r->noun, noun) == 0)
			put_row(r, fd);
}

void help_usage(const struct command_row *r, int fd)
{
	dprintf(fd, "usage: kimi-proxy %s%s%s [OPTION...]%s%s\n", r->noun,
		r->verb == NULL ? "" : " ", or_nothing(r->verb),
		r->arguments == NULL ? "" : " ", or_nothing(r->arguments));
}

void help_row(const struct command_row *r, int fd)
{
	const struct command_option *o;
	char what[128];

	help_usage(r, fd);
	dprintf(fd, "\n%s\n\n", r->help);
	for (size_t i = 0; (o = option_at(r, i)) != NULL; i++) {
		snprintf(what, sizeof(what), "--%s%s%s", o->name,
			 o->value == NULL ? "" : " ", or_nothing(o->value));
		put_explained(fd, what, o->help);
	}
}

/* The rows that the words of `help` mean; false if there are none. */
static bool help_named(const struct command *c)
{
	const char *noun = argument(&c->options, 0);
	const char *verb = argument(&c->options, 1);
	const struct command_row *row = row_find(c->rows, noun, verb);

	if (row != NULL)
		help_row(row, STDOUT_FILENO);
	else if (verb == NULL && row_has_noun(c->rows, noun))
		help_noun(c->rows, noun, STDOUT_FILENO);
	else
		return false;
	return true;
}

enum command_exit help_run(struct command *c)
{
	struct error e;

	if (c->options.n_arguments == 0) {
		help_all(c->rows, STDOUT_FILENO);
		return COMMAND_DONE;
	}
	if (help_named(c))
		return COMMAND_DONE;
	error_set(&e, ERROR_NOT_FOUND, "There is no command \"%s%s%s\".",
		  argument(&c->options, 0),
		  c->options.n_arguments > 1 ? " " : "",
		  or_nothing(argument(&c->options, 1)));
	return command_fail(&e);
}
