/* SPDX-License-Identifier: MIT */
/* Texts of mdoc(7). */
#include "tests/docs/mdoc.h"

#include <stdbool.h>
#include <stdio.h>

static bool breaks(const char *p)
{
	return *p == ' ' && p[1] != '\0';
}

/* Backquotes are dropped. */
static void put_words(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\\')
			fputs("\\e", stdout);
		else if (p[i] == *MDOC_NO_BREAK)
			fputs("\\~", stdout);
		else if (p[i] != '`')
			putchar(p[i]);
}

void mdoc_fill(const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = 1;

		while (text[n] != '\0' && !breaks(text + n))
			n++;
		if (column > 0 && column + n > MDOC_LINE) {
			putchar('\n');
			column = 0;
			text++;
			continue;
		}
		if (column == 0 && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		put_words(text, n);
		column += n;
		text += n;
	}
	putchar('\n');
}

void mdoc_capitalise(char *text)
{
	if (*text >= 'a' && *text <= 'z')
		*text -= 'a' - 'A';
}

void mdoc_sentence(const char *phrase)
{
	char text[256];

	snprintf(text, sizeof(text), "%s.", phrase);
	mdoc_capitalise(text);
	mdoc_fill(text);
}
