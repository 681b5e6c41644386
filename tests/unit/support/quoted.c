/* SPDX-License-Identifier: MIT */
/* JSON that can be read inside of C. */
#include "tests/unit/support/quoted.h"

#include <string.h>

#include "tests/unit/support/test.h"

const char *quoted(struct arena *a, const char *json)
{
	char *text = arena_copy(a, json);

	for (char *p = strchr(text, '\''); p != NULL; p = strchr(p, '\''))
		*p = '"';
	return text;
}

const cJSON *quoted_tree(struct arena *a, const char *json)
{
	return parse(a, quoted(a, json));
}
