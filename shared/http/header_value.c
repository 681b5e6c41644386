/* SPDX-License-Identifier: MIT */
/* The first word and the parameters of header values (RFC 9110, 5.6). */
#include "http/header_value.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t"

bool header_is(const char *value, const char *word)
{
	size_t n = strlen(word);

	value += strspn(value, BLANKS);
	return strncasecmp(value, word, n) == 0 &&
	       strchr(BLANKS ";", value[n]) != NULL;
}

/*
 * Copies a quoted text that begins after its quote; returns what follows it.
 * Browsers do not escape a backslash and curl does, so a backslash is an escape
 * only before a quote or another backslash.
 */
static const char *read_quoted(const char *p, char *out, size_t size)
{
	size_t n = 0;

	for (; *p != '\0' && *p != '"'; p++) {
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		if (n + 1 < size)
			out[n++] = *p;
	}
	out[n] = '\0';
	return *p == '"' ? p + 1 : p;
}

static const char *read_plain(const char *p, char *out, size_t size)
{
	size_t length = strcspn(p, ";"), n = length;

	while (n > 0 && strchr(BLANKS, p[n - 1]) != NULL)
		n--;
	if (n >= size)
		n = size - 1;
	memcpy(out, p, n);
	out[n] = '\0';
	return p + length;
}

bool header_param(const char *value, const char *name, char *out, size_t size)
{
	size_t length = strlen(name);
	const char *p = value + strcspn(value, ";");

	while (*p == ';') {
		bool found;

		p += 1 + strspn(p + 1, BLANKS);
		found = strncasecmp(p, name, length) == 0 && p[length] == '=';
		p += strcspn(p, "=;");
		if (*p == '=')
			p = p[1] == '"' ? read_quoted(p + 2, out, size) :
					  read_plain(p + 1, out, size);
		if (found)
			return true;
		p += strcspn(p, ";");
	}
	out[0] = '\0';
	return false;
}
