/* SPDX-License-Identifier: MIT */
/* Growing byte strings, JSON quoting, and counting of UTF-8 characters. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

void *memory_new(size_t n)
{
	void *p = calloc(1, n);

	if (!p)
		abort();
	return p;
}

char *memory_copy(const char *string)
{
	char *copy = string ? strdup(string) : NULL;

	if (string && !copy)
		abort();
	return copy;
}

static void text_room(struct text *t, size_t more)
{
	size_t room = t->room ? t->room : 256;
	char *grown;

	if (more < t->room - t->length)
		return;
	while (room - t->length <= more)
		room *= 2;
	grown = realloc(t->at, room);
	if (!grown)
		abort();
	t->at = grown;
	t->room = room;
}

void text_add(struct text *t, const void *bytes, size_t n)
{
	text_room(t, n);
	if (n)
		memcpy(t->at + t->length, bytes, n);
	t->length += n;
	t->at[t->length] = '\0';
}

void text_put(struct text *t, const char *string)
{
	text_add(t, string, strlen(string));
}

void text_printf(struct text *t, const char *format, ...)
{
	va_list arguments, again;
	int n;

	va_start(arguments, format);
	va_copy(again, arguments);
	n = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (n < 0)
		abort();
	text_room(t, (size_t)n);
	(void)vsnprintf(t->at + t->length, (size_t)n + 1, format, again);
	va_end(again);
	t->length += (size_t)n;
}

static void text_escape(struct text *t, unsigned char c)
{
	static const char letters[] = "btn\0fr"; /* 8 .. 13; 11 has none */

	if (c == '"' || c == '\\')
		text_printf(t, "\\%c", c);
	else if (c >= 8 && c <= 13 && letters[c - 8])
		text_printf(t, "\\%c", letters[c - 8]);
	else
		text_printf(t, "\\u%04x", c);
}

void text_quote(struct text *t, const char *bytes, size_t n)
{
	size_t from = 0;

	text_put(t, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		text_add(t, bytes + from, i - from);
		text_escape(t, c);
		from = i + 1;
	}
	text_add(t, bytes + from, n - from);
	text_put(t, "\"");
}

void text_quote_string(struct text *t, const char *string)
{
	text_quote(t, string, strlen(string));
}

char *text_take(struct text *t)
{
	char *taken;

	text_add(t, "", 0);
	taken = t->at;
	*t = (struct text){ 0 };
	return taken;
}

void text_fini(struct text *t)
{
	free(t->at);
	*t = (struct text){ 0 };
}

size_t utf8_count(const char *bytes, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
	return count;
}

size_t utf8_offset(const char *bytes, size_t n, size_t characters)
{
	size_t i = 0;

	for (; i < n; i++) {
		if (((unsigned char)bytes[i] & 0xc0) == 0x80)
			continue;
		if (characters-- == 0)
			break;
	}
	return i;
}
