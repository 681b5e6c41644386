/* SPDX-License-Identifier: MIT */
/* Options and arguments of the command line, by the row of the table. */
#include "cgi/command/options.h"

#include <string.h>

#include "base/near_name.h"
#include "base/secret.h"

struct option_given {
	const struct command_option *option;
	const char *value;
};

static const struct command_option of_json[] = {
	{ "json", NULL, "print one JSON document" },
	{ NULL, NULL, NULL },
};

static const struct command_option of_csv[] = {
	{ "csv", NULL, "print comma-separated values" },
	{ "no-headers", NULL, "leave out the line with the names of columns" },
	{ NULL, NULL, NULL },
};

static const struct command_option of_yes[] = {
	{ "yes", NULL, "do not ask whether it is meant" },
	{ NULL, NULL, NULL },
};

static const struct command_option of_all[] = {
	{ "config", "FILE", "read the settings of this file" },
	{ "color", "auto|always|never", "whether output has colours" },
	{ "help", NULL, "say what the command does" },
	{ NULL, NULL, NULL },
};

const struct command_option *option_at(const struct command_row *row,
				       size_t index)
{
	const struct command_option *const sets[] = {
		row->options,
		(row->has & HAS_JSON) != 0 ? of_json : NULL,
		(row->has & HAS_CSV) != 0 ? of_csv : NULL,
		(row->has & HAS_YES) != 0 ? of_yes : NULL,
		of_all,
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		for (const struct command_option *o = sets[i];
		     o != NULL && o->name != NULL; o++)
			if (index-- == 0)
				return o;
	return NULL;
}

/* --- Reading -------------------------------------------------------------- */

static const struct command_option *find(const struct command_row *row,
					 const char *name)
{
	const struct command_option *o;

	for (size_t i = 0; (o = option_at(row, i)) != NULL; i++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static const char *near(const struct command_row *row, const char *name)
{
	struct near_name near = { .name = name, .least = NEAR_NAME_FAR };
	const struct command_option *o;

	for (size_t i = 0; (o = option_at(row, i)) != NULL; i++)
		near_name_try(&near, o->name);
	return near.nearest;
}

static bool refuse_name(const struct options *o, const char *name,
			struct error *e)
{
	const char *meant = near(o->row, name);

	if (meant == NULL)
		return error_set(e, ERROR_VALUE, "There is no option --%s.",
				 name);
	return error_set(e, ERROR_VALUE,
			 "There is no option --%s; did you mean --%s?", name,
			 meant);
}

static bool repeats(const char *value)
{
	size_t n = value == NULL ? 0 : strlen(value);

	return n > 3 && strcmp(value + n - 3, "...") == 0;
}

/* Whether `value` is one of the words between the bars, if there are bars. */
static bool is_choice(const char *words, const char *value)
{
	size_t n = strlen(value), length;

	if (strchr(words, '|') == NULL)
		return true;
	for (; *words != '\0'; words += length + (words[length] == '|')) {
		length = strcspn(words, "|");
		if (length == n && memcmp(words, value, n) == 0)
			return true;
	}
	return false;
}

static bool add(struct options *o, const struct command_option *option,
		const char *value, struct error *e)
{
	if (value != NULL && !is_choice(option->value, value))
		return error_set(e, ERROR_VALUE,
				 "--%s takes one of %s, but not \"%s\".",
				 option->name, option->value, value);
	if (option_given(o, option->name) && !repeats(option->value))
		return error_set(e, ERROR_VALUE, "--%s is given twice.",
				 option->name);
	o->given[o->n_given++] = (struct option_given){ option, value };
	return true;
}

/* Reads the option at `*words`, and moves on to its value if that is a word of
 * its own. */
static bool read_option(struct options *o, const char *const **words,
			struct error *e)
{
	const char *text = **words + 2, *equals = strchr(text, '=');
	const char *name =
		equals == NULL ?
			text :
			arena_copy_n(o->arena, text, (size_t)(equals - text));
	const struct command_option *option = find(o->row, name);

	if (option == NULL)
		return refuse_name(o, name, e);
	if (option->value == NULL)
		return equals == NULL ? add(o, option, NULL, e) :
					error_set(e, ERROR_VALUE,
						  "--%s takes no value.", name);
	if (equals != NULL)
		return add(o, option, equals + 1, e);
	if ((*words)[1] == NULL)
		return error_set(e, ERROR_VALUE, "--%s needs a value: %s.",
				 name, option->value);
	return add(o, option, *++*words, e);
}

/* How many arguments a row takes: SIZE_MAX for any number. */
static void count_arguments(const char *names, size_t *least, size_t *most)
{
	*least = *most = 0;
	if (names == NULL)
		return;
	for (const char *p = names; *p != '\0'; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		*least += *p != '[';
		*most = strstr(p, "...") == NULL ? *most + 1 : SIZE_MAX;
		p += n;
	}
}

/* Which is a secret, perhaps, that should have been asked for. */
static bool refuse_word(const struct options *o, const char *word,
			struct error *e)
{
	char *shown = arena_copy(o->arena, word);

	secret_redact(shown);
	return error_set(e, ERROR_VALUE, "\"%s\" is one word too many.", shown);
}

static bool check_format(const struct options *o, struct error *e)
{
	return !option_given(o, "json") || !option_given(o, "csv") ||
	       error_set(e, ERROR_VALUE,
			 "Give either --json or --csv, but not both.");
}

static bool check_arguments(const struct options *o, struct error *e)
{
	size_t least, most;

	count_arguments(o->row->arguments, &least, &most);
	if (option_given(o, "help"))
		return true;
	if (o->n_arguments < least)
		return error_set(e, ERROR_MISSING, "Missing: %s.",
				 o->row->arguments);
	return o->n_arguments <= most || refuse_word(o, o->arguments[most], e);
}

bool options_parse(struct options *o, struct arena *a,
		   const struct command_row *row, const char *const *words,
		   struct error *e)
{
	const char **arguments;
	bool only_arguments = false;
	size_t n = 0;

	while (words[n] != NULL)
		n++;
	*o = (struct options){ .row = row, .arena = a };
	o->given = arena_array(a, n + 1, sizeof(*o->given));
	o->arguments = arguments = arena_array(a, n + 1, sizeof(*arguments));
	for (; *words != NULL; words++) {
		bool dash = **words == '-' && (*words)[1] != '\0';

		if (only_arguments || !dash)
			arguments[o->n_arguments++] = *words;
		else if (strcmp(*words, "--") == 0)
			only_arguments = true;
		else if (strcmp(*words, "-h") == 0)
			add(o, find(row, "help"), NULL, e);
		else if ((*words)[1] != '-')
			return error_set(e, ERROR_VALUE,
					 "There is no option %s.", *words);
		else if (!read_option(o, &words, e))
			return false;
	}
	return check_format(o, e) && check_arguments(o, e);
}

/* --- What was given ------------------------------------------------------- */

const char *argument(const struct options *o, size_t index)
{
	return index < o->n_arguments ? o->arguments[index] : NULL;
}

bool option_given(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->n_given; i++)
		if (strcmp(o->given[i].option->name, name) == 0)
			return true;
	return false;
}

const char *option_text(const struct options *o, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < o->n_given; i++)
		if (strcmp(o->given[i].option->name, name) == 0)
			value = o->given[i].value;
	return value;
}

struct config_list option_list(const struct options *o, const char *name)
{
	const char **items =
		arena_array(o->arena, o->n_given + 1, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; i < o->n_given; i++)
		if (strcmp(o->given[i].option->name, name) == 0)
			items[n++] = o->given[i].value;
	return (struct config_list){ n == 0 ? NULL : items, n };
}
