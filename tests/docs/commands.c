/* SPDX-License-Identifier: MIT */
/* What the manual says of the command, from the table of its rows. */
#include "tests/docs/commands.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cgi/command/options.h"
#include "cgi/command/table.h"
#include "tests/docs/mdoc.h"

/* In small letters, as .Ar shows it: "[MODEL...]" is "model ...". */
static void put_name(const char *name, size_t n)
{
	bool repeats = n > 3 && memcmp(name + n - 3, "...", 3) == 0;

	n -= repeats ? 3 : 0;
	for (size_t i = 0; i < n; i++)
		putchar(tolower((unsigned char)name[i]));
	if (repeats)
		fputs(" ...", stdout);
}

/* Behind a macro that takes others. */
static void put_arguments(const char *names)
{
	size_t n;

	for (; names != NULL && *names != '\0';
	     names += n + strspn(names + n, " ")) {
		bool optional = *names == '[';

		n = strcspn(names, " ");
		fputs(optional ? " Oo Ar " : " Ar ", stdout);
		put_name(names + optional, n - (optional ? 2 : 0));
		if (optional)
			fputs(" Oc", stdout);
	}
}

static void put_command(const struct command_row *r)
{
	printf("Cm %s", r->noun);
	if (r->verb != NULL)
		printf(" %s", r->verb);
}

int commands_synopsis(const char *unused)
{
	(void)unused;
	for (const struct command_row *r = command_rows; r->noun != NULL; r++) {
		puts(".Nm");
		putchar('.');
		put_command(r);
		fputs(" Oo Ar option ... Oc", stdout);
		put_arguments(r->arguments);
		putchar('\n');
	}
	return 0;
}

static void put_option(const struct command_option *o)
{
	printf(".It Fl -%s", o->name);
	if (o->value != NULL) {
		fputs(" Ar ", stdout);
		put_name(o->value, strlen(o->value));
	}
	putchar('\n');
	mdoc_sentence(o->help);
}

/* Those of several commands that this one has. */
static void put_shared(const struct command_row *r)
{
	if (r->has == 0)
		return;
	fputs("Also", stdout);
	if ((r->has & HAS_JSON) != 0)
		fputs("\n.Fl -json", stdout);
	if ((r->has & HAS_CSV) != 0)
		fputs(" ,\n.Fl -csv ,\n.Fl -no-headers", stdout);
	if ((r->has & HAS_YES) != 0)
		fputs(r->has == HAS_YES ? "\n.Fl -yes" : " ,\n.Fl -yes",
		      stdout);
	puts(" .");
}

static void put_row(const struct command_row *r)
{
	fputs(".It ", stdout);
	put_command(r);
	put_arguments(r->arguments);
	putchar('\n');
	mdoc_sentence(r->help);
	put_shared(r);
	if (r->options == NULL)
		return;
	puts(".Bl -tag -width Ds");
	for (const struct command_option *o = r->options; o->name != NULL; o++)
		put_option(o);
	puts(".El");
}

int commands_list(const char *unused)
{
	(void)unused;
	puts(".Bl -tag -width Ds");
	for (const struct command_row *r = command_rows; r->noun != NULL; r++)
		put_row(r);
	puts(".El");
	return 0;
}

int commands_options(const char *unused)
{
	static const struct command_row any = { .has = HAS_JSON | HAS_CSV |
						       HAS_YES };
	const struct command_option *o;

	(void)unused;
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; (o = option_at(&any, i)) != NULL; i++)
		put_option(o);
	puts(".El");
	return 0;
}
