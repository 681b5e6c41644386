/* SPDX-License-Identifier: MIT */
/* Reads the value of one setting, by its kind. */
#include "base/config_value_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowed_url.h"
#include "base/text.h"

static bool read_boolean(const char *value, bool *out)
{
	static const char *const words[][2] = {
		{ "0", "1" },
		{ "false", "true" },
		{ "no", "yes" },
		{ "off", "on" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (int on = 0; on < 2; on++)
			if (strcasecmp(value, words[i][on]) == 0) {
				*out = on == 1;
				return true;
			}
	return false;
}

/* Whether it was copied from a document: the example itself, or "sk-...". */
static bool is_example(const char *item, const char *example)
{
	size_t n = strlen(item);

	return (n >= 3 && strcmp(item + n - 3, "...") == 0) ||
	       (example != NULL && strcmp(item, example) == 0);
}

static bool read_list(const struct setting *s, struct arena *a,
		      const char *value, struct config_list *out,
		      struct error *e)
{
	const char *example = config_setting_example(s->name);

	*out = config_list_parse(a, value, ',');
	for (size_t i = 0; i < out->n; i++)
		if (is_example(out->items[i], example))
			return error_field(e, ERROR_SETUP, s->name,
					   "%s has an example from the "
					   "documents: put your own value "
					   "there.",
					   s->name);
	return true;
}

static bool read_number(const struct setting *s, const char *value,
			int64_t *out, struct error *e)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end != '\0' || !(v >= s->min && v <= s->max))
		return error_field(e, ERROR_SETUP, s->name,
				   "%s must be a number from %.10g to %.10g.",
				   s->name, s->min, s->max);
	*out = (int64_t)llround(s->kind == SETTING_SECONDS ? v * 1000 : v);
	return true;
}

static bool read_urls(const struct setting *s, struct arena *a,
		      const char *value, struct config_list *out,
		      struct error *e)
{
	struct config_list list = config_list_parse(a, value, ',');
	const char **urls = arena_array(a, list.n + 1, sizeof(*urls));
	bool good = list.n > 0;

	for (size_t i = 0; i < list.n; i++) {
		size_t n = strlen(list.items[i]);

		good = good && allowed_url(list.items[i]);
		while (n > 0 && list.items[i][n - 1] == '/')
			n--;
		urls[i] = arena_copy_n(a, list.items[i], n);
	}
	*out = (struct config_list){ urls, list.n };
	return good || error_field(e, ERROR_SETUP, s->name,
				   "%s must be https:// URLs, separated by "
				   "commas (http:// is allowed for loopback "
				   "only).",
				   s->name);
}

/* An entry that is no header must not stop the others. */
static void read_headers(struct arena *a, const char *value,
			 struct config_list *out, const char **notice)
{
	struct config_list list = config_list_parse(a, value, '|');
	const char **headers = arena_array(a, list.n + 1, sizeof(*headers));
	size_t n = 0;

	for (size_t i = 0; i < list.n; i++)
		if (strchr(list.items[i], ':') != NULL &&
		    strpbrk(list.items[i], "\r\n") == NULL)
			headers[n++] = list.items[i];
	*out = (struct config_list){ headers, n };
	if (n < list.n)
		*notice = "Entries that are not 'Name: value' are ignored.";
}

static void read_aliases(struct arena *a, const char *value,
			 struct config_aliases *out, const char **notice)
{
	struct config_list list = config_list_parse(a, value, ',');
	struct config_alias *aliases =
		arena_array(a, list.n + 1, sizeof(*aliases));
	size_t n = 0;

	for (size_t i = 0; i < list.n; i++) {
		char *pattern = arena_copy(a, list.items[i]);
		char *equals = strchr(pattern, '=');

		if (equals == NULL)
			continue;
		*equals = '\0';
		aliases[n++] =
			(struct config_alias){ text_trim_in_place(pattern),
					       text_trim_in_place(equals + 1) };
	}
	*out = (struct config_aliases){ aliases, n };
	if (n < list.n)
		*notice = "Entries that are not name=model are ignored.";
}

/* The position of the value among the names, which NULL ends; -1: nowhere. */
static int position_of(const char *value, const char *const *names)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(value, names[i]) == 0)
			return i;
	return -1;
}

static bool read_protocol(const struct setting *s, const char *value,
			  enum config_protocol *out, struct error *e)
{
	static const char *const names[] = {
		[CONFIG_PROTOCOL_AUTO] = "auto",
		[CONFIG_PROTOCOL_CURRENT] = "current",
		[CONFIG_PROTOCOL_LEGACY] = "legacy",
		NULL,
	};
	int i = position_of(value, names);

	if (i < 0)
		return error_field(e, ERROR_SETUP, s->name,
				   "%s must be auto, current or legacy.",
				   s->name);
	*out = (enum config_protocol)i;
	return true;
}

static bool read_log_format(const struct setting *s, const char *value,
			    enum log_format *out, struct error *e)
{
	static const char *const names[] = {
		[LOG_TEXT] = "text",
		[LOG_JSON] = "json",
		NULL,
	};
	int i = position_of(value, names);

	if (i < 0)
		return error_field(e, ERROR_SETUP, s->name,
				   "%s must be text or json.", s->name);
	*out = (enum log_format)i;
	return true;
}

bool config_value_read(struct config *c, struct arena *a,
		       const struct setting *s, const char *value,
		       const char **notice, struct error *e)
{
	void *member = (char *)c + s->offset;

	*notice = NULL;
	if (value == NULL || *value == '\0')
		return true;
	switch (s->kind) {
	case SETTING_TEXT:
		*(const char **)member = arena_copy(a, value);
		return true;
	case SETTING_LIST:
	case SETTING_SECRETS:
		return read_list(s, a, value, member, e);
	case SETTING_HEADERS:
		read_headers(a, value, member, notice);
		return true;
	case SETTING_ALIASES:
		read_aliases(a, value, member, notice);
		return true;
	case SETTING_URLS:
		return read_urls(s, a, value, member, e);
	case SETTING_PROTOCOL:
		return read_protocol(s, value, member, e);
	case SETTING_LOG_FORMAT:
		return read_log_format(s, value, member, e);
	case SETTING_BOOLEAN:
		return read_boolean(value, member) ||
		       error_field(e, ERROR_SETUP, s->name,
				   "%s must be true or false.", s->name);
	case SETTING_COUNT:
	case SETTING_SECONDS:
		return read_number(s, value, member, e);
	}
	return false;
}
