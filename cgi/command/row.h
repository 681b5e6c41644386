/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_ROW_H
#define COMMAND_ROW_H

#include <stdbool.h>
#include <stddef.h>

struct command;

/* How the command ends, as its exit status. */
enum command_exit {
	COMMAND_DONE,
	COMMAND_FAILED,
	COMMAND_USAGE,	 /* the command line makes no sense */
	COMMAND_MISSING, /* there is no such thing */
	COMMAND_WRONG,	 /* a check found something wrong */
	COMMAND_BUSY,	 /* the database is busy or unusable */
};

/*
 * An option of a verb: --name. `value` is what the documents call its value,
 * NULL if it has none:
 *
 *     "NAME"        any text; KEY, CREDENTIAL, MODEL and FILE are completed
 *     "NAME..."     the same; the option may be given several times
 *     "day|hour"    one of these words
 */
struct command_option {
	const char *name; /* NULL: behind the last one */
	const char *value;
	const char *help; /* a phrase, without a full stop */
};

/* What is there before `run` is called: the row above and … */
enum command_needs {
	NEEDS_NOTHING,
	NEEDS_SETTINGS, /* valid ones */
	NEEDS_DATABASE, /* one that exists, opened as its owner */
	MAKES_DATABASE, /* the same, made if there is none */
};

/* Options that a row has besides its own and --config, --color and --help. */
#define HAS_JSON 1 /* --json */
#define HAS_CSV 2  /* --csv and --no-headers */
#define HAS_YES 4  /* --yes */

/*
 * A line of the command: `kimi-proxy NOUN VERB ARGUMENTS`. Arguments are names
 * between blanks: "KEY [MODEL...]" is one and then any number. `run` gives the
 * exit status; what it prints comes before that to standard output, and what it
 * has to say to standard error.
 */
struct command_row {
	const char *noun;		      /* NULL: behind the last row */
	const char *verb;		      /* NULL: none */
	const char *arguments;		      /* NULL: none */
	const struct command_option *options; /* NULL: none */
	unsigned char needs;		      /* enum command_needs */
	unsigned char has;		      /* HAS_… */
	enum command_exit (*run)(struct command *c);
	const char *help; /* a phrase, without a full stop */
};

/* The row of a noun and a verb, which may be NULL or another word for it, as ls
 * and rm are; a row without a verb can be called "list". NULL if there is none.
 */
const struct command_row *row_find(const struct command_row *rows,
				   const char *noun, const char *verb);

/* How many of the two words, the second of which may be NULL, name the row. */
size_t row_words(const struct command_row *row, const char *verb);

bool row_has_noun(const struct command_row *rows, const char *noun);

#endif
