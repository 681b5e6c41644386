/* SPDX-License-Identifier: MIT */
/* Finds the row of the command's words, and runs it. */
#include "cgi/command/run.h"

#include <string.h>
#include <unistd.h>

#include "base/near_name.h"
#include "cgi/command/command.h"
#include "cgi/command/complete.h"
#include "cgi/command/help.h"
#include "cgi/command/setup.h"
#include "cgi/command/table.h"

/* --- Which row ------------------------------------------------------------ */

/* For options before the noun, of which all rows have the same. */
static const struct command_row no_row = { .noun = "" };

/* How many words an option that comes before the noun takes. */
static size_t option_words(const char *const *words)
{
	const struct command_option *o;

	for (size_t i = 0; (o = option_at(&no_row, i)) != NULL; i++)
		if (strcmp(words[0] + 2, o->name) == 0)
			return o->value != NULL && words[1] != NULL ? 2 : 1;
	return 1;
}

/* The words from the first one that is no option. */
static const char *const *skip_options(const char *const *words)
{
	while (*words != NULL && **words == '-')
		words += (*words)[1] == '-' ? option_words(words) : 1;
	return words;
}

/* The noun or, if that exists, the verb that was probably meant. */
static const char *near(const char *noun, const char *verb)
{
	struct near_name near = { .name = verb == NULL ? noun : verb,
				  .least = NEAR_NAME_FAR };

	for (const struct command_row *r = command_rows; r->noun != NULL; r++)
		if (verb == NULL)
			near_name_try(&near, r->noun);
		else if (strcmp(r->noun, noun) == 0)
			near_name_try(&near, r->verb);
	return near.nearest;
}

static enum command_exit refuse(const char *noun, const char *verb)
{
	bool known = row_has_noun(command_rows, noun);
	const char *meant = near(noun, known ? verb : NULL);

	if (meant == NULL)
		command_say("kimi-proxy: there is no command \"%s%s%s\"; see "
			    "kimi-proxy help.",
			    noun, known ? " " : "", known ? verb : "");
	else
		command_say("kimi-proxy: there is no command \"%s%s%s\"; did "
			    "you mean \"%s%s%s\"?",
			    noun, known ? " " : "", known ? verb : "",
			    known ? noun : "", known ? " " : "", meant);
	return COMMAND_USAGE;
}

/* --- Running it ----------------------------------------------------------- */

static void open_output(struct command *c)
{
	const struct options *o = &c->options;
	struct terminal terminal;

	terminal_init(&terminal, STDOUT_FILENO, option_text(o, "color"));
	output_init(&c->output, &c->arena,
		    option_given(o, "json") ? OUTPUT_JSON :
		    option_given(o, "csv")  ? OUTPUT_CSV :
					      OUTPUT_FOR_PEOPLE,
		    &terminal);
	c->output.headers = !option_given(o, "no-headers");
}

static enum command_exit run(struct command *c)
{
	enum command_exit status = COMMAND_FAILED;
	struct error e;

	if (!setup_command(c, &status))
		return status;
	open_output(c);
	status = c->row->run(c);
	if (status != COMMAND_DONE && status != COMMAND_WRONG)
		return status;
	return output_flush(&c->output, STDOUT_FILENO, &e) ? status :
							     command_fail(&e);
}

/* The words of the line without noun and verb, which are at `at`. */
static const char *const *without(struct arena *a, const char *const *words,
				  const char *const *at, size_t n)
{
	size_t all = 0, before = (size_t)(at - words);
	const char **rest;

	while (words[all] != NULL)
		all++;
	rest = arena_array(a, all + 1, sizeof(*rest));
	memcpy(rest, words, before * sizeof(*rest));
	memcpy(rest + before, at + n, (all - before - n) * sizeof(*rest));
	return rest;
}

static enum command_exit run_row(struct command *c, const char *const *words)
{
	struct error e;

	if (!options_parse(&c->options, &c->arena, c->row, words, &e)) {
		enum command_exit status = command_fail(&e);

		help_usage(c->row, STDERR_FILENO);
		return status;
	}
	if (option_given(&c->options, "help")) {
		help_row(c->row, STDOUT_FILENO);
		return COMMAND_DONE;
	}
	return run(c);
}

static bool asks_for_help(const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, "--help") == 0 || strcmp(*words, "-h") == 0)
			return true;
	return false;
}

/* Without a verb, or without a noun: what there is. */
static enum command_exit run_help(const char *noun, bool asked)
{
	int fd = asked ? STDOUT_FILENO : STDERR_FILENO;

	if (noun == NULL)
		help_all(command_rows, fd);
	else
		help_noun(command_rows, noun, fd);
	return asked ? COMMAND_DONE : COMMAND_USAGE;
}

enum command_exit command_run(const char *const *words)
{
	struct command c = { .rows = command_rows };
	const char *const *noun = skip_options(words), *verb;
	bool asked = asks_for_help(words);
	enum command_exit status;

	if (*words != NULL && strcmp(*words, "__complete") == 0)
		return complete_run(command_rows, words + 1);
	if (*noun == NULL)
		return run_help(NULL, asked);
	verb = noun[1] != NULL && *noun[1] != '-' ? noun[1] : NULL;
	c.row = row_find(command_rows, *noun, verb);
	if (c.row == NULL)
		return row_has_noun(command_rows, *noun) &&
				       (asked || verb == NULL) ?
			       run_help(*noun, asked) :
			       refuse(*noun, verb);
	arena_init(&c.arena);
	status = run_row(&c, without(&c.arena, words, noun,
				     row_words(c.row, verb)));
	setup_end(&c);
	arena_fini(&c.arena);
	return status;
}
