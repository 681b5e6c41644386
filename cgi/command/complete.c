/* SPDX-License-Identifier: MIT */
/* What a shell offers when somebody presses Tab. */
#include "cgi/command/complete.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "base/config_load.h"
#include "cgi/command/options.h"
#include "cgi/command/setup.h"
#include "cgi/command/terminal.h"
#include "store/names.h"

struct completion {
	const struct command_row *rows;
	const struct command_row *row; /* NULL: not known so far */
	const char *noun, *verb;       /* likewise */
	bool helps;		       /* behind `help`, which they are for */
	const char *config;	       /* --config, as was typed */
	const char *value;	       /* of an option, what it is called */
	const char *begun;	       /* the word to be completed */
	size_t n_arguments;
	struct arena arena;
};

static void offer(const struct completion *c, const char *prefix,
		  const char *word, const char *help)
{
	if (strncmp(word, c->begun, strlen(c->begun)) != 0)
		return;
	if (help == NULL)
		printf("%s%s\n", prefix, word);
	else
		printf("%s%s\t%s\n", prefix, word, help);
}

/* --- What the words before it say ----------------------------------------- */

/* Those before the noun are the ones that all rows have. */
static const struct command_option *find_option(const struct completion *c,
						const char *name)
{
	static const struct command_row none = { .noun = "" };
	const struct command_row *row = c->row == NULL ? &none : c->row;
	const struct command_option *o;

	for (size_t i = 0; (o = option_at(row, i)) != NULL; i++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static void take_word(struct completion *c, const char *word)
{
	if (c->noun == NULL && !c->helps && strcmp(word, "help") == 0)
		c->helps = true;
	else if (c->noun == NULL)
		c->noun = word;
	else if (c->row == NULL)
		c->verb = word;
	else
		c->n_arguments++;
	if (c->row == NULL && c->noun != NULL)
		c->row = row_find(c->rows, c->noun, c->verb);
}

static void take_words(struct completion *c, const char *const *words)
{
	for (; words[1] != NULL; words++) {
		const struct command_option *o =
			strncmp(*words, "--", 2) == 0 ?
				find_option(c, *words + 2) :
				NULL;

		if (**words != '-') {
			take_word(c, *words);
		} else if (o != NULL && o->value != NULL) {
			if (words[2] == NULL) {
				c->value = o->value;
			} else {
				if (strcmp(o->name, "config") == 0)
					c->config = words[1];
				words++;
			}
		}
	}
	c->begun = *words;
}

/* --- Candidates ----------------------------------------------------------- */

/* Only for the owner of the database, as other commands. */
static const char *find_database(struct completion *c)
{
	struct config_found found;
	struct config config;
	struct error e;
	struct stat s;
	const char *path;

	setup_find(c->config, &found, &c->arena);
	if (found.refused || !config_load(&config, &c->arena, found.path, &e))
		return NULL;
	path = app_database(&c->arena, &config, found.path);
	return stat(path, &s) == 0 &&
			       (s.st_uid == geteuid() || geteuid() == 0) ?
		       path :
		       NULL;
}

/* Shells print it as it is, and clients choose some of the names. */
static bool is_harmless(const char *name, struct arena *a)
{
	static const struct terminal any = { .is_one = true, .utf8 = true };

	return strcmp(terminal_harmless(&any, a, name), name) == 0;
}

static void offer_names(struct completion *c, enum store_names which,
			const char *prefix)
{
	const char *path = find_database(c), **names;
	size_t n;

	if (path == NULL)
		return;
	store_names_read(path, which, &names, &n, &c->arena);
	for (size_t i = 0; i < n; i++)
		if (is_harmless(names[i], &c->arena))
			offer(c, prefix, names[i], NULL);
}

static void offer_choices(struct completion *c, const char *words,
			  const char *prefix)
{
	size_t n;

	for (; *words != '\0'; words += n + (words[n] == '|')) {
		n = strcspn(words, "|");
		offer(c, prefix, arena_copy_n(&c->arena, words, n), NULL);
	}
}

/* By what the documents call it: "[MODEL...]" is a model. */
static void offer_values(struct completion *c, const char *value,
			 const char *prefix)
{
	static const struct {
		const char *value;
		enum store_names which;
	} kinds[] = {
		{ "KEY", STORE_KEY_NAMES },
		{ "CREDENTIAL", STORE_CREDENTIAL_NAMES },
		{ "MODEL", STORE_MODEL_NAMES },
		{ "ID", STORE_REQUEST_NAMES },
		{ "CONVERSATION", STORE_CONVERSATION_NAMES },
	};
	size_t n;

	if (strchr(value, '|') != NULL) {
		offer_choices(c, value, prefix);
		return;
	}
	value += *value == '[';
	n = strcspn(value, ".] ");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].value) == n &&
		    memcmp(kinds[i].value, value, n) == 0)
			offer_names(c, kinds[i].which, prefix);
}

static void offer_nouns(const struct completion *c)
{
	for (const struct command_row *r = c->rows; r->noun != NULL; r++) {
		bool again = r > c->rows && strcmp(r[-1].noun, r->noun) == 0;

		if (!again)
			offer(c, "", r->noun, r->verb == NULL ? r->help : NULL);
	}
}

static void offer_verbs(const struct completion *c)
{
	for (const struct command_row *r = c->rows; r->noun != NULL; r++)
		if (strcmp(r->noun, c->noun) == 0 && r->verb != NULL)
			offer(c, "", r->verb, r->help);
}

static void offer_options(struct completion *c)
{
	static const struct command_row none = { .noun = "" };
	const struct command_option *o;

	for (size_t i = 0;
	     (o = option_at(c->row == NULL ? &none : c->row, i)) != NULL; i++)
		offer(c, "", arena_printf(&c->arena, "--%s", o->name), o->help);
}

/* --name=VALUE, in one word. */
static void offer_joined(struct completion *c, const char *equals)
{
	const char *name = arena_copy_n(&c->arena, c->begun + 2,
					(size_t)(equals - c->begun) - 2);
	const struct command_option *o = find_option(c, name);

	c->begun = equals + 1;
	if (o != NULL && o->value != NULL)
		offer_values(c, o->value,
			     arena_printf(&c->arena, "--%s=", name));
}

static void offer_arguments(struct completion *c)
{
	const char *name = c->row->arguments;

	for (size_t i = 0; name != NULL && i < c->n_arguments; i++) {
		const char *next = strchr(name, ' ');

		if (next == NULL && strstr(name, "...") == NULL)
			return;
		name = next == NULL ? name : next + 1;
	}
	if (name != NULL)
		offer_values(c, name, "");
}

static void offer_all(struct completion *c)
{
	const char *equals = strchr(c->begun, '=');

	if (c->value != NULL)
		offer_values(c, c->value, "");
	else if (strncmp(c->begun, "--", 2) == 0 && equals != NULL)
		offer_joined(c, equals);
	else if (*c->begun == '-')
		offer_options(c);
	else if (c->noun == NULL)
		offer_nouns(c);
	else if (c->row == NULL)
		offer_verbs(c);
	else if (!c->helps)
		offer_arguments(c);
}

enum command_exit complete_run(const struct command_row *rows,
			       const char *const *words)
{
	struct completion c = { .rows = rows };

	if (*words == NULL)
		return COMMAND_USAGE;
	arena_init(&c.arena);
	take_words(&c, words);
	offer_all(&c);
	arena_fini(&c.arena);
	return COMMAND_DONE;
}
