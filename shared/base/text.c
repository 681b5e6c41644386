/* SPDX-License-Identifier: MIT */
/* White space, whatever the locale; texts that may be missing, or too long. */
#include "base/text.h"

#include <string.h>

#include "base/utf8.h"

bool text_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool text_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

const char *text_trim(const char *p, size_t *n)
{
	while (*n > 0 && text_is_space(*p)) {
		p++;
		--*n;
	}
	while (*n > 0 && text_is_space(p[*n - 1]))
		--*n;
	return p;
}

char *text_trim_in_place(char *s)
{
	size_t n = strlen(s), skipped = (size_t)(text_trim(s, &n) - s);

	s[skipped + n] = '\0';
	return s + skipped;
}

const char *text_cut(struct arena *a, const char *text, size_t most)
{
	if (strnlen(text, most + 1) <= most)
		return text;
	return arena_copy_n(a, text, utf8_whole(text, most));
}
