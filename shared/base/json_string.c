/* SPDX-License-Identifier: MIT */
/* Where the strings of a JSON text are, without reading it as a whole. */
#include "base/json_string.h"

static void step(struct json_string *s, char c)
{
	if (s->escaped)
		s->escaped = false;
	else if (s->inside && c == '\\')
		s->escaped = true;
	else if (c == '"')
		s->inside = !s->inside;
}

size_t json_string_control(struct json_string *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s->inside && (unsigned char)p[i] < ' ')
			return i;
		step(s, p[i]);
	}
	return n;
}
