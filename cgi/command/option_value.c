/* SPDX-License-Identifier: MIT */
/* Values of options that are numbers or times. */
#include "cgi/command/option_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool option_number(const struct options *o, const char *name, int64_t least,
		   int64_t most, int64_t *v, struct error *e)
{
	const char *text = option_text(o, name);
	char *end;
	long long n;

	if (text == NULL)
		return true;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || n < least || n > most)
		return error_set(e, ERROR_VALUE,
				 "--%s must be a whole number from %lld to "
				 "%lld, but not \"%s\".",
				 name, (long long)least, (long long)most, text);
	*v = n;
	return true;
}

static const struct {
	char letter;
	int64_t ms;
} units[] = {
	{ 's', 1000 },
	{ 'm', 60 * 1000 },
	{ 'h', 60 * 60 * 1000 },
	{ 'd', 24 * 60 * 60 * 1000 },
	{ 'w', 7LL * 24 * 60 * 60 * 1000 },
};

#define MOST_UNITS 100000

static bool read_duration(const char *text, int64_t *ms)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	if (end == text || n < 0 || n > MOST_UNITS)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (*end == units[i].letter && end[1] == '\0') {
			*ms = n * units[i].ms;
			return true;
		}
	return false;
}

bool option_duration(const struct options *o, const char *name, int64_t *ms,
		     struct error *e)
{
	const char *text = option_text(o, name);

	return text == NULL || read_duration(text, ms) ||
	       error_set(e, ERROR_VALUE,
			 "--%s must be a number up to %d and s, m, h, d or w, "
			 "as 48h, but not \"%s\".",
			 name, MOST_UNITS, text);
}

/* There is no 31 February, of which a day in March would be made. */
static bool is_date(struct tm t)
{
	int day = t.tm_mday;

	timegm(&t);
	return t.tm_mday == day;
}

static bool read_time(const char *text, int64_t *ms)
{
	static const char *const formats[] = {
		"%Y-%m-%d",	  "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
		"%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M",
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		struct tm t = { .tm_isdst = -1 };
		const char *end = strptime(text, formats[i], &t);
		bool utc = end != NULL && strcmp(end, "Z") == 0;

		if (end == NULL || !(utc || *end == '\0') || !is_date(t))
			continue;
		*ms = (int64_t)(utc ? timegm(&t) : mktime(&t)) * 1000;
		return true;
	}
	return false;
}

bool option_time(const struct options *o, const char *name, int64_t now,
		 int64_t *ms, struct error *e)
{
	const char *text = option_text(o, name);
	int64_t ago;

	if (text == NULL || read_time(text, ms))
		return true;
	if (!read_duration(text, &ago))
		return error_set(e, ERROR_VALUE,
				 "--%s must be a time as 2026-11-30 or "
				 "\"2026-11-30 14:05:00\", or how long ago as "
				 "7d, but not \"%s\".",
				 name, text);
	*ms = now - ago;
	return true;
}
