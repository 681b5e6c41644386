/* SPDX-License-Identifier: MIT */
/*
 * One look at a JSON text before cJSON runs: it recurses per level, cuts
 * strings at an escaped NUL, and keeps only a double of each number.
 */
#include "base/json_shape_internal.h"

#include <string.h>

#include "base/json_number_internal.h"

/* The end of the string that begins at `p`. */
static const char *skip_string(struct json_shape *s, const char *p,
			       const char *end)
{
	for (; p < end; p++) {
		if (*p == '"')
			break;
		if (*p == '\0')
			s->nul = true;
		if (*p != '\\')
			continue;
		if (++p == end)
			break;
		if (end - p >= 5 && memcmp(p, "u0000", 5) == 0)
			s->nul = true;
	}
	return p;
}

void json_shape_measure(struct json_shape *s, const char *p, const char *end,
			size_t max_depth)
{
	for (; p < end && s->depth <= max_depth; p++)
		switch (*p) {
		case '"':
			p = skip_string(s, p + 1, end);
			break;
		case '{':
		case '[':
			s->depth++;
			s->values++;
			break;
		case '}':
		case ']':
			s->depth -= s->depth > 0;
			break;
		case ',':
			s->values++;
			break;
		default:
			if (*p == '-' || (*p >= '0' && *p <= '9'))
				p = json_number_end(p, end, &s->inexact) - 1;
		}
}
