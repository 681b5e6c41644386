/* SPDX-License-Identifier: MIT */
/* Finds a row by the words of the command line. */
#include "cgi/command/row.h"

#include <string.h>

static bool is_called(const char *name, const char *word)
{
	static const char *const aliases[][2] = { { "ls", "list" },
						  { "rm", "delete" },
						  { "rm", "remove" },
						  { "remove", "delete" },
						  { "delete", "remove" } };

	if (strcmp(name, word) == 0)
		return true;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (strcmp(word, aliases[i][0]) == 0 &&
		    strcmp(name, aliases[i][1]) == 0)
			return true;
	return false;
}

/* Several requests are listed, one is shown, whichever way that is called. */
static const char *other_noun(const char *noun, const char *verb)
{
	if (verb == NULL)
		return noun;
	if (strcmp(noun, "requests") == 0 && is_called("show", verb))
		return "request";
	if (strcmp(noun, "request") == 0 && is_called("list", verb))
		return "requests";
	return noun;
}

const struct command_row *row_find(const struct command_row *rows,
				   const char *noun, const char *verb)
{
	noun = other_noun(noun, verb);
	for (const struct command_row *r = rows; r->noun != NULL; r++)
		if (strcmp(r->noun, noun) == 0 &&
		    (r->verb == NULL ||
		     (verb != NULL && is_called(r->verb, verb))))
			return r;
	return NULL;
}

size_t row_words(const struct command_row *row, const char *verb)
{
	bool listed = row->arguments == NULL && verb != NULL &&
		      is_called("list", verb);

	return row->verb != NULL || listed ? 2 : 1;
}

bool row_has_noun(const struct command_row *rows, const char *noun)
{
	for (const struct command_row *r = rows; r->noun != NULL; r++)
		if (strcmp(r->noun, noun) == 0)
			return true;
	return false;
}
