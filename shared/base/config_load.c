/* SPDX-License-Identifier: MIT */
/* Reads the configuration file and the environment. */
#include "base/config_load.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_value_internal.h"
#include "base/text.h"

#define FILE_LIMIT (64 * 1024)
#define MAX_NOTICES 16
#define UTF8_MARK "\xEF\xBB\xBF" /* some editors put it at the start */

struct reader {
	struct config *config;
	struct arena *arena;
	struct error *error, later; /* only the first one counts */
	const char *file;	    /* without its folder */
	int line;
	int *set_in; /* the line of each setting; 0: none so far */
	const char **notices;
	struct config_trace *trace; /* NULL: nobody asked */
};

/* For the log: "kimi.conf line 3: KIMI_X is no longer used. Sentence." */
static void add_notice(struct reader *r, const char *place, const char *name,
		       const char *what, const char *sentence)
{
	struct config_list *list = &r->config->notices;

	if (list->n < MAX_NOTICES)
		r->notices[list->n++] = arena_printf(
			r->arena, "%s: %s%s %s", place, name, what, sentence);
	list->items = r->notices;
}

static void note_retired(struct reader *r, const char *place,
			 const struct setting_retired *old)
{
	add_notice(r, place, old->name, " is no longer used.", old->instead);
}

static bool read_value(struct reader *r, const char *place,
		       const struct setting *s, const char *value)
{
	const char *notice;
	struct error bad;

	if (value == NULL || *value == '\0')
		return true;
	if (!config_value_read(r->config, r->arena, s, value, &notice, &bad))
		return error_field(r->error, bad.kind, bad.param, "%s: %s",
				   place, bad.message);
	if (notice != NULL)
		add_notice(r, place, s->name, ":", notice);
	if (s->offset == offsetof(struct config, tokens))
		r->config->tokens_place = place;
	if (r->trace != NULL)
		r->trace->sources[s - config_settings] =
			(struct config_source){ place,
						arena_copy(r->arena, value) };
	return true;
}

#define BLANKS " \t\r\v\f"

/* Whether nothing follows but white space and a comment behind it. */
static bool is_rest(const char *s)
{
	size_t n = strspn(s, BLANKS);

	return s[n] == '\0' || (n > 0 && s[n] == '#');
}

/* The closing quote is the first one with nothing but a comment behind it; NULL
 * if there is none. */
static char *closing_quote(char *s)
{
	char *end = strchr(s + 1, *s);

	while (end != NULL && !is_rest(end + 1))
		end = strchr(end + 1, *s);
	return end;
}

static bool refuse_value(const struct reader *r, const char *place,
			 const char *name, const char *why)
{
	return error_field(r->error, ERROR_SETUP, name, "%s: %s %s", place,
			   name, why);
}

/* What stands behind the equals sign, without quotes and without a comment. */
static bool strip_value(const struct reader *r, const char *place,
			const char *name, char **value)
{
	char *s = *value + strspn(*value, BLANKS), *end;

	if (*s == '#' && s == *value)
		return refuse_value(r, place, name,
				    "begins with #: put the value in quotes, "
				    "or a space before a comment.");
	*value = s;
	if (*s == '"' || *s == '\'') {
		end = closing_quote(s);
		if (end == NULL)
			return refuse_value(
				r, place, name,
				"has no closing quote, or is followed "
				"by text that is not a comment (a "
				"comment needs a space before #).");
		*value = s + 1;
		*end = '\0';
		return true;
	}
	for (end = s; *end != '\0' && !(*end == '#' && is_rest(end - 1));)
		end++;
	*end = '\0';
	text_trim_in_place(s);
	return true;
}

/* Anything else may be a credential that strayed, and is not shown. */
static bool is_name(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n <= 40 && !isdigit((unsigned char)*text) &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
			    "abcdefghijklmnopqrstuvwxyz") == n;
}

static bool refuse_name(const struct reader *r, const char *place,
			const char *name)
{
	const char *near = config_setting_near(name);

	if (near != NULL)
		return error_set(r->error, ERROR_SETUP,
				 "%s: unknown setting %s; did you mean %s?",
				 place, name, near);
	return error_set(r->error, ERROR_SETUP,
			 "%s: unknown setting %s; see kimi.conf(5) or --help.",
			 place, name);
}

static bool refuse_line(const struct reader *r, const char *place,
			const char *line)
{
	bool exports = strncmp(line, "export", 6) == 0 &&
		       isspace((unsigned char)line[6]);

	return error_set(r->error, ERROR_SETUP,
			 "%s: expected NAME=value or a # comment%s.", place,
			 exports ? "; leave out 'export'" : "");
}

static bool read_setting(struct reader *r, const char *place,
			 const struct setting *s, char *value)
{
	int *set_in = &r->set_in[s - config_settings];

	if (*set_in != 0)
		return error_field(r->error, ERROR_SETUP, s->name,
				   "%s: %s was already set in line %d.", place,
				   s->name, *set_in);
	*set_in = r->line;
	return strip_value(r, place, s->name, &value) &&
	       read_value(r, place, s, value);
}

static bool read_line(struct reader *r, char *line)
{
	const char *place =
		arena_printf(r->arena, "%.80s line %d", r->file, r->line);
	char *name = text_trim_in_place(line), *equals = strchr(name, '=');
	char *value = equals == NULL ? NULL : equals + 1;
	const struct setting_retired *old;
	const struct setting *s;

	if (*name == '\0' || *name == '#')
		return true;
	if (equals != NULL)
		*equals = '\0';
	name = text_trim_in_place(name);
	if (equals == NULL || !is_name(name))
		return refuse_line(r, place, name);
	s = config_setting_find(name);
	old = config_retired_find(name);
	if (s != NULL)
		return read_setting(r, place, s, value);
	if (old == NULL)
		return refuse_name(r, place, name);
	note_retired(r, place, old);
	return true;
}

static bool refuse_file(const struct reader *r, const char *why)
{
	return error_set(r->error, ERROR_SETUP, "%.80s cannot be read: %s.",
			 r->file, why);
}

/* The whole file as text, in the arena; NULL with an error. */
static char *load_file(const struct reader *r, const char *path)
{
	FILE *file = fopen(path, "re");
	char *bytes, *text = NULL;
	size_t n;

	if (file == NULL) {
		refuse_file(r, strerror(errno));
		return NULL;
	}
	bytes = malloc(FILE_LIMIT + 1);
	if (bytes == NULL)
		abort();
	n = fread(bytes, 1, FILE_LIMIT + 1, file);
	if (ferror(file))
		refuse_file(r, strerror(errno));
	else if (n > FILE_LIMIT)
		refuse_file(r, "it is larger than 64 KiB");
	else if (memchr(bytes, '\0', n) != NULL)
		refuse_file(r, "it is no plain text; save it as UTF-8");
	else
		text = arena_copy_n(r->arena, bytes, n);
	free(bytes);
	fclose(file);
	return text;
}

/* Reading goes on after an error, to find the log, and the keys of those who may
 * know about it. Always false. */
static bool note_error(struct reader *r)
{
	struct config_trace *t = r->trace;

	if (t != NULL && t->n_faults < CONFIG_FAULTS)
		t->faults[t->n_faults++] =
			arena_copy(r->arena, r->error->message);
	r->error = &r->later;
	return false;
}

static bool read_file(struct reader *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *line, *next;
	bool ok = true;

	r->file = slash == NULL ? path : slash + 1;
	line = load_file(r, path);
	if (line == NULL) {
		r->config->unread = true;
		return note_error(r);
	}
	if (strncmp(line, UTF8_MARK, strlen(UTF8_MARK)) == 0)
		line += strlen(UTF8_MARK);
	for (r->line = 1; line != NULL; r->line++) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (!read_line(r, line))
			ok = note_error(r);
		line = next;
	}
	return ok;
}

static bool read_environment(struct reader *r)
{
	bool ok = true;

	for (const struct setting *s = config_settings; s->name != NULL; s++)
		if (!read_value(r, "environment", s, getenv(s->name)))
			ok = note_error(r);
	for (const struct setting_retired *old = config_retired;
	     old->name != NULL; old++) {
		const char *value = getenv(old->name);

		if (value != NULL && *value != '\0')
			note_retired(r, "environment", old);
	}
	return ok;
}

static bool is_default_web(const struct config_list *urls, struct arena *a)
{
	struct config_list def = config_list_parse(a, CONFIG_DEFAULT_WEB, ',');
	bool same = urls->n == def.n;

	for (size_t i = 0; same && i < def.n; i++)
		same = strcmp(urls->items[i], def.items[i]) == 0;
	return same;
}

static size_t count_settings(void)
{
	size_t n = 0;

	while (config_settings[n].name != NULL)
		n++;
	return n;
}

static bool load(struct reader *r, const char *path)
{
	struct config *c = r->config;
	size_t n = count_settings();
	bool ok;

	*c = (struct config){ .drain_ms = -1 };
	r->notices = arena_array(r->arena, MAX_NOTICES, sizeof(*r->notices));
	r->set_in = arena_array(r->arena, n, sizeof(*r->set_in));
	if (r->trace != NULL)
		r->trace->sources =
			arena_array(r->arena, n, sizeof(*r->trace->sources));
	for (const struct setting *s = config_settings; s->name != NULL; s++)
		if (!read_value(r, "default", s, s->fallback))
			return false;
	ok = path == NULL || read_file(r, path);
	if (!read_environment(r) || !ok)
		return false;
	/* A custom KIMI_WEB_URL is also where tokens are renewed. */
	if (c->auth_urls.items == NULL)
		c->auth_urls = is_default_web(&c->web_urls, r->arena) ?
				       config_list_parse(r->arena,
							 CONFIG_DEFAULT_AUTH,
							 ',') :
				       c->web_urls;
	return true;
}

bool config_load(struct config *c, struct arena *a, const char *path,
		 struct error *e)
{
	struct reader r = { .config = c, .arena = a, .error = e };

	return load(&r, path);
}

bool config_load_traced(struct config *c, struct arena *a, const char *path,
			struct config_trace *trace)
{
	struct error first;
	struct reader r = {
		.config = c, .arena = a, .error = &first, .trace = trace
	};

	*trace = (struct config_trace){ .n_faults = 0 };
	return load(&r, path);
}
