/* SPDX-License-Identifier: MIT */
/* A cell as text, for people and for programs. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cgi/command/output_internal.h"

#define NANO 1000000000
#define SMALL (NANO / 100) /* money that is shown with more digits */

static const char *time_text(struct arena *a, int64_t ms, bool utc)
{
	int64_t part = ((ms % 1000) + 1000) % 1000;
	time_t seconds = (time_t)((ms - part) / 1000);
	char text[64];
	struct tm t;

	if ((utc ? gmtime_r(&seconds, &t) : localtime_r(&seconds, &t)) == NULL)
		return "?";
	if (!utc)
		return strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &t) ==
				       0 ?
			       "?" :
			       arena_copy(a, text);
	if (strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &t) == 0)
		return "?";
	return arena_printf(a, "%s.%03dZ", text, (int)part);
}

static const char *duration_text(struct arena *a, int64_t ms)
{
	int64_t s = ms / 1000;

	if (ms < 1000)
		return arena_printf(a, "%" PRId64 " ms", ms);
	if (s < 60)
		return arena_printf(a, "%.2f s", (double)ms / 1000);
	if (s < 3600)
		return arena_printf(a, "%" PRId64 " min %02" PRId64 " s",
				    s / 60, s % 60);
	if (s < 86400)
		return arena_printf(a, "%" PRId64 " h %02" PRId64 " min",
				    s / 3600, s / 60 % 60);
	return arena_printf(a, "%" PRId64 " d %02" PRId64 " h", s / 86400,
			    s / 3600 % 24);
}

static const char *bytes_text(struct arena *a, int64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024)
		return arena_printf(a, "%" PRId64 " B", bytes);
	for (; v >= 1024 && i + 1 < sizeof(units) / sizeof(*units); i++)
		v /= 1024;
	return arena_printf(a, "%.1f %s", v, units[i]);
}

/* Millions and billionths exactly, without zeros at the end. */
static const char *decimal(struct arena *a, int64_t v, int64_t one, int digits)
{
	uint64_t n = v < 0 ? -(uint64_t)v : (uint64_t)v, whole = (uint64_t)one;
	char *text = arena_printf(a, "%s%" PRIu64 ".%0*" PRIu64,
				  v < 0 ? "-" : "", n / whole, digits,
				  n % whole);
	size_t length = strlen(text);

	while (text[length - 1] == '0')
		length--;
	text[text[length - 1] == '.' ? length - 1 : length] = '\0';
	return text;
}

static const char *money_text(struct arena *a, int64_t nano,
			      const char *currency)
{
	int digits = nano != 0 && llabs(nano) < SMALL ? 6 : 4;

	return arena_printf(a, "%.*f %s", digits, (double)nano / NANO,
			    currency);
}

const char *output_plain(struct arena *a, const struct output_column *column,
			 const struct output_cell *cell)
{
	if (cell->text == NULL)
		return NULL;
	switch (column->type) {
	case OUTPUT_TEXT:
	case OUTPUT_ID:
		return cell->text;
	case OUTPUT_BOOLEAN:
		return cell->number != 0 ? "true" : "false";
	case OUTPUT_TIME:
		return time_text(a, cell->number, true);
	case OUTPUT_RATIO:
	case OUTPUT_DECIMAL:
		return decimal(a, cell->number, 1000000, 6);
	case OUTPUT_MONEY:
		return decimal(a, cell->number, NANO, 9);
	case OUTPUT_INTEGER:
	case OUTPUT_DURATION:
	case OUTPUT_BYTES:
		break;
	}
	return arena_printf(a, "%" PRId64, cell->number);
}

static const char *for_people(struct arena *a, enum output_type type,
			      const struct output_cell *cell)
{
	switch (type) {
	case OUTPUT_TEXT:
	case OUTPUT_ID:
		return cell->text;
	case OUTPUT_BOOLEAN:
		return cell->number != 0 ? "yes" : "no";
	case OUTPUT_TIME:
		return time_text(a, cell->number, false);
	case OUTPUT_DURATION:
		return duration_text(a, cell->number);
	case OUTPUT_BYTES:
		return bytes_text(a, cell->number);
	case OUTPUT_RATIO:
		return arena_printf(a, "%.1f%%", (double)cell->number / 10000);
	case OUTPUT_DECIMAL:
		return decimal(a, cell->number, 1000000, 6);
	case OUTPUT_MONEY:
		return money_text(a, cell->number, cell->text);
	case OUTPUT_INTEGER:
		break;
	}
	return arena_printf(a, "%" PRId64, cell->number);
}

const char *output_shown(const struct output *o,
			 const struct output_column *column,
			 const struct output_cell *cell)
{
	if (cell->text == NULL)
		return "-";
	return terminal_harmless(&o->terminal, o->arena,
				 for_people(o->arena, column->type, cell));
}

/* Whether a word of a name is written in capitals everywhere. */
static bool is_acronym(const char *word, size_t n)
{
	static const char *const acronyms[] = { "http", "id", "tls", "wal" };

	for (size_t i = 0; i < sizeof(acronyms) / sizeof(*acronyms); i++)
		if (strlen(acronyms[i]) == n &&
		    memcmp(acronyms[i], word, n) == 0)
			return true;
	return false;
}

const char *output_heading(struct arena *a, const char *name, bool capitals)
{
	size_t n = strlen(name), length;
	bool in_ms = n > 3 && strcmp(name + n - 3, "_ms") == 0;
	char *text = arena_copy_n(a, name, in_ms ? n - 3 : n);

	for (char *word = text; *word != '\0'; word += length) {
		size_t upper = word == text;

		length = strcspn(word, "_");
		if (capitals || is_acronym(word, length))
			upper = length;
		for (size_t i = 0; i < upper; i++)
			word[i] = (char)toupper((unsigned char)word[i]);
		if (word[length] == '_')
			word[length++] = ' ';
	}
	return text;
}

const char *output_currency_name(struct arena *a, const char *name)
{
	size_t n = strlen(name);

	if (n >= 4 && strcmp(name + n - 4, "cost") == 0)
		return arena_printf(a, "%.*scurrency", (int)(n - 4), name);
	return arena_printf(a, "%s_currency", name);
}
