/* SPDX-License-Identifier: MIT */
/* Finds a row by the words of the command line. */
#include "cgi/command/row.h"

#include <string.h>

static bool is_called(const char *name, const char *word)
{
	static const char *const aliases[][2] = { { "ls", "list" },
						  { "rm", "delete" },
						  { "rm", "remove" } };

	if (strcmp(name, word) == 0)
		return true;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (strcmp(word, aliases[i][0]) == 0 &&
		    strcmp(name, aliases[i][1]) == 0)
			return true;
	return false;
}

const struct command_row *row_find(const struct command_row *rows,
				   const char *noun, const char *verb)
{
	for (const struct command_row *r = rows; r->noun != NULL; r++)
		if (strcmp(r->noun, noun) == 0 &&
		    (r->verb == NULL ||
		     (verb != NULL && is_called(r->verb, verb))))
			return r;
	return NULL;
}

bool row_has_noun(const struct command_row *rows, const char *noun)
{
	for (const struct command_row *r = rows; r->noun != NULL; r++)
		if (strcmp(r->noun, noun) == 0)
			return true;
	return false;
}
