/* SPDX-License-Identifier: MIT */
/* What a terminal can show, and how wide it is. */
#include "cgi/command/terminal.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/utf8.h"

#define DEFAULT_WIDTH 80
#define LEAST_WIDTH 20
#define MOST_WIDTH 1000
#define REPLACEMENT 0xFFFD

/* As C libraries call it. */
static bool is_ascii(const char *charset)
{
	static const char *const names[] = { "ANSI_X3.4-1968", "US-ASCII",
					     "ASCII" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcasecmp(charset, names[i]) == 0)
			return true;
	return false;
}

/* The charset that the user's locale names, also where that locale is not
 * installed; NULL: none, as in "C", under which terminals show UTF-8, too. */
static const char *named_charset(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *charset = NULL;

	if (setlocale(LC_CTYPE, "") != NULL) {
		charset = nl_langinfo(CODESET);
		return is_ascii(charset) ? NULL : charset;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && *value != '\0') {
			charset = strchr(value, '.');
			break;
		}
	}
	return charset == NULL ? NULL : charset + 1;
}

static void find_charset(struct terminal *t)
{
	const char *charset = named_charset();

	t->utf8 = charset != NULL && (strncasecmp(charset, "UTF-8", 5) == 0 ||
				      strncasecmp(charset, "utf8", 4) == 0);
	t->ascii = charset != NULL && !t->utf8;
}

static int width_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	long width = columns == NULL ? 0 : strtol(columns, NULL, 10);
	struct winsize size;

	if (width <= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width <= 0)
		return DEFAULT_WIDTH;
	return width < LEAST_WIDTH ? LEAST_WIDTH :
	       width > MOST_WIDTH  ? MOST_WIDTH :
				     (int)width;
}

static bool wants_color(const struct terminal *t, const char *when)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != NULL && strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return t->is_one && (no == NULL || *no == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

void terminal_init(struct terminal *t, int fd, const char *color)
{
	t->is_one = isatty(fd) == 1;
	find_charset(t);
	t->color = wants_color(t, color);
	t->width = t->is_one ? width_of(fd) : INT_MAX;
	/* Elsewhere the widths of characters would not be known. */
	if (!t->utf8 || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* One that is unknown, which is -1, takes a column as U+FFFD does. */
static int columns_of(uint32_t c)
{
	int n = wcwidth((wchar_t)c);

	return n < 0 ? 1 : n;
}

int terminal_columns(const char *s, size_t n)
{
	const char *end = s + n;
	int columns = 0;

	while (s < end)
		columns += columns_of(utf8_next(&s, end));
	return columns;
}

size_t terminal_fit(const char *s, size_t n, int columns)
{
	const char *p = s, *end = s + n;

	while (p < end) {
		const char *next = p;

		columns -= columns_of(utf8_next(&next, end));
		if (columns < 0)
			break;
		p = next;
	}
	return (size_t)(p - s);
}

/* Whether it moves the cursor, changes colours or turns the direction. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C ||
	       c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static uint32_t shown(const struct terminal *t, uint32_t c)
{
	if (c == '\t' || c == '\n' || c == '\r')
		return ' ';
	if (is_control(c))
		c = REPLACEMENT;
	if (c == REPLACEMENT && t->is_one && !t->utf8)
		return '?';
	return c >= 0x80 && t->is_one && t->ascii ? '?' : c;
}

const char *terminal_harmless(const struct terminal *t, struct arena *a,
			      const char *s)
{
	size_t n = strlen(s);
	const char *end = s + n;
	/* A bad byte becomes U+FFFD, which has three. */
	char *text = arena_alloc(a, 3 * n + 1), *to = text;

	while (s < end)
		to += utf8_put(to, shown(t, utf8_next(&s, end)));
	return text;
}
