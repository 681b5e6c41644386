/* SPDX-License-Identifier: MIT */
/* What a line of the log looks like. */
#include "base/log_entry.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/utf8.h"

#define NUMBER_SIZE 32
#define VALUE_SIZE 300
#define NANO_DIGITS 9

static const char *const levels[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_ERROR] = "error",
};

static void put_number(char number[NUMBER_SIZE], const struct log_field *f)
{
	uint64_t left = f->number < 0 ? 0 - (uint64_t)f->number :
					(uint64_t)f->number;
	size_t digits = 0, least = f->nanos ? NANO_DIGITS + 1 : 1;
	char text[NUMBER_SIZE], *p = text + NUMBER_SIZE;

	*--p = '\0';
	for (; left > 0 || digits < least; left /= 10) {
		if (f->nanos && digits == NANO_DIGITS)
			*--p = '.';
		*--p = (char)('0' + left % 10);
		digits++;
	}
	if (f->number < 0)
		*--p = '-';
	memcpy(number, p, (size_t)(text + NUMBER_SIZE - p));
}

/* What most texts consist of: neither this nor that begins with it. */
static bool is_plain(char c)
{
	return c >= ' ' && c <= '~';
}

/* Bytes of a control character, or of one that some programs take for the end of
 * a line (U+0080 to U+009F, U+2028, U+2029); 0: there is none. */
static size_t control_length(const char *p)
{
	unsigned char c = (unsigned char)*p;

	if (c < 0x20 || c == 0x7F)
		return 1;
	if (c == 0xC2 && (unsigned char)p[1] >= 0x80 &&
	    (unsigned char)p[1] < 0xA0)
		return 2;
	return c == 0xE2 && (strncmp(p, "\xE2\x80\xA8", 3) == 0 ||
			     strncmp(p, "\xE2\x80\xA9", 3) == 0) ?
		       3 :
		       0;
}

/* No line ends within a line. */
static void clean(char *text)
{
	secret_redact(text);
	while (*text != '\0') {
		size_t n = is_plain(*text) ? 0 : control_length(text);

		if (n == 0) {
			text++;
			continue;
		}
		memset(text, ' ', n);
		text += n;
	}
}

/* --- Text --- */

struct line {
	char *p;
	size_t n;
};

/* What does not fit, with a byte for the end of the line, is left out. */
static void put(struct line *l, const char *text, size_t most)
{
	size_t room = LOG_ENTRY_SIZE - 1 - l->n;
	size_t n = strlen(text);

	if (n > most)
		n = most;
	if (n > room)
		n = room;
	memcpy(l->p + l->n, text, n);
	l->n += n;
}

static void put_word(struct line *l, const char *word)
{
	put(l, word, LOG_ENTRY_SIZE);
	put(l, " ", 1);
}

static bool needs_quotes(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == ' ' || *text == '=' || *text == '"' ||
		    control_length(text) > 0)
			return true;
	return false;
}

static void put_quoted(struct line *l, const char *text)
{
	size_t start;

	put(l, "\"", 1);
	start = l->n;
	put(l, text, VALUE_SIZE);
	for (size_t i = start; i < l->n; i++)
		if (l->p[i] == '"')
			l->p[i] = '\'';
	put(l, "\"", 1);
}

/* A value with a blank is quoted, so that it cannot look like two: clients choose
 * paths and models. */
static void put_value(struct line *l, const struct log_field *f)
{
	char number[NUMBER_SIZE];

	if (f->text == NULL) {
		put_number(number, f);
		put(l, number, NUMBER_SIZE);
	} else if (needs_quotes(f->text)) {
		put_quoted(l, f->text);
	} else {
		put(l, f->text, VALUE_SIZE);
	}
}

static void put_field(struct line *l, const struct log_field *f)
{
	if (!f->bare) {
		put(l, f->name, VALUE_SIZE);
		put(l, "=", 1);
	}
	put_value(l, f);
	put_word(l, f->ms ? "ms" : "");
}

size_t log_entry_text(const struct log_entry *entry, char line[LOG_ENTRY_SIZE])
{
	struct line l = { .p = line };
	char stamp[CLOCK_DATE_SIZE];
	size_t start;

	clock_date((int64_t)entry->time * 1000, stamp);
	put_word(&l, stamp);
	put_word(&l, levels[entry->level]);
	put_word(&l, entry->id == NULL ? "-" : entry->id);
	put_word(&l, entry->event);
	start = l.n;
	for (size_t i = 0; i < entry->n_fields; i++)
		put_field(&l, &entry->fields[i]);
	if (entry->text != NULL)
		put(&l, entry->text, LOG_ENTRY_SIZE);
	line[l.n] = '\0';
	clean(line + start);
	while (l.n > start && line[l.n - 1] == ' ')
		l.n--;
	line[l.n++] = '\n';
	return l.n;
}

/* --- JSON --- */

static void put_text(struct json_writer *w, const char *name, const char *text)
{
	char copy[LOG_ENTRY_SIZE];

	if (text == NULL) {
		json_put_null(w, name);
		return;
	}
	snprintf(copy, sizeof(copy), "%s", text);
	copy[utf8_whole(copy, strlen(copy))] = '\0';
	clean(copy);
	utf8_repair(copy);
	json_put_text(w, name, copy);
}

static void put_member(struct json_writer *w, const struct log_field *f)
{
	char number[NUMBER_SIZE];

	if (f->text != NULL) {
		put_text(w, f->name, f->text);
		return;
	}
	put_number(number, f);
	json_put_raw(w, f->name, number);
}

void log_entry_json(const struct log_entry *entry, struct buf *out)
{
	char stamp[CLOCK_DATE_SIZE];
	struct json_writer w;

	clock_date((int64_t)entry->time * 1000, stamp);
	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "time", stamp);
	json_put_text(&w, "level", levels[entry->level]);
	json_put_text(&w, "event", entry->event);
	put_text(&w, "id", entry->id);
	for (size_t i = 0; i < entry->n_fields; i++)
		put_member(&w, &entry->fields[i]);
	put_text(&w, "text", entry->text);
	json_close_object(&w);
	buf_append(out, "\n", 1);
}
