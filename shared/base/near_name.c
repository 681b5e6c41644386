/* SPDX-License-Identifier: MIT */
/* Which name was probably meant. */
#include "base/near_name.h"

#include <ctype.h>
#include <string.h>

#define MAX 40 /* the longest name that is compared */

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t n = a < b ? a : b;

	return n < c ? n : c;
}

static size_t differs(char a, char b)
{
	return toupper((unsigned char)a) != toupper((unsigned char)b);
}

static size_t levenshtein(const char *a, const char *b)
{
	size_t n = strlen(b), row[MAX + 1];

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t replaced = diagonal + differs(a[i], b[j]);

			diagonal = row[j + 1];
			row[j + 1] =
				smallest(row[j] + 1, row[j + 1] + 1, replaced);
		}
	}
	return row[n];
}

static size_t distance(const char *a, const char *b)
{
	if (strlen(a) > MAX || strlen(b) > MAX)
		return MAX + 1;
	if (strcasestr(a, b) != NULL || strcasestr(b, a) != NULL)
		return 1;
	return levenshtein(a, b);
}

void near_name_try(struct near_name *n, const char *other)
{
	size_t d = distance(n->name, other);

	if (d >= n->least)
		return;
	n->least = d;
	n->nearest = other;
}
