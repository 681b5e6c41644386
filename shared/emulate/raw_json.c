/* SPDX-License-Identifier: MIT */
/* Reads JSON without making a tree of it. */
#include "emulate/raw_json.h"

#include <stdio.h>
#include <string.h>

#define OUTSIDE_STRINGS " \t\r\n,:+-.0123456789eEtrufalsn"

static void string_byte(struct raw_json *j, char c)
{
	if (j->escaped)
		j->escaped = false;
	else if (c == '\\')
		j->escaped = true;
	else if (c == '"')
		j->in_string = false;
}

static enum raw_json_step open_bracket(struct raw_json *j, char closing)
{
	if (j->depth == sizeof(j->open))
		return RAW_JSON_BAD;
	j->open[j->depth++] = closing;
	return RAW_JSON_MORE;
}

enum raw_json_step raw_json_byte(struct raw_json *j, char c)
{
	if (j->in_string) {
		string_byte(j, c);
		return RAW_JSON_MORE;
	}
	switch (c) {
	case '"':
		j->in_string = true;
		return RAW_JSON_MORE;
	case '{':
		return open_bracket(j, '}');
	case '[':
		return open_bracket(j, ']');
	case '}':
	case ']':
		if (j->depth == 0 || j->open[--j->depth] != c)
			return RAW_JSON_BAD;
		return j->depth == 0 ? RAW_JSON_END : RAW_JSON_MORE;
	default:
		return c != '\0' && strchr(OUTSIDE_STRINGS, c) != NULL ?
			       RAW_JSON_MORE :
			       RAW_JSON_BAD;
	}
}

static bool is_blank(char c)
{
	return (unsigned char)c <= ' '; /* as in json_parse */
}

static void skip(struct raw_slice *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static void skip_blanks(struct raw_slice *s)
{
	while (s->n > 0 && is_blank(*s->p))
		skip(s, 1);
}

/* Takes the first value off. */
static struct raw_slice take_value(struct raw_slice *s)
{
	struct raw_slice value = { .p = s->p };
	struct raw_json j = { 0 };

	while (value.n < s->n) {
		char c = s->p[value.n];
		bool alone = j.depth == 0 && !j.in_string;

		if (alone && (c == ',' || c == '}' || c == ']' || c == ':' ||
			      is_blank(c)))
			break;
		value.n++;
		raw_json_byte(&j, c);
	}
	skip(s, value.n);
	return value;
}

static bool is_key(struct raw_slice key, const char *name)
{
	size_t n = strlen(name);

	return key.n == n + 2 && memcmp(key.p + 1, name, n) == 0;
}

struct raw_slice raw_json_member(struct raw_slice object, const char *name)
{
	skip_blanks(&object);
	while (object.n > 0 && *object.p != '}') {
		struct raw_slice key, value;

		skip(&object, 1); /* '{' or ',' */
		skip_blanks(&object);
		key = take_value(&object);
		skip_blanks(&object);
		if (object.n == 0 || *object.p != ':')
			break;
		skip(&object, 1);
		skip_blanks(&object);
		value = take_value(&object);
		skip_blanks(&object);
		if (is_key(key, name))
			return value;
	}
	return (struct raw_slice){ 0 };
}

char *raw_json_repaired(struct arena *a, const char *p, size_t n)
{
	struct raw_json j = { 0 };
	char *copy, *out;
	size_t room = n;

	for (size_t i = 0; i < n; i++)
		room += (unsigned char)p[i] < ' ' ? 5 : 0;
	copy = out = arena_alloc(a, room + 1);
	for (size_t i = 0; i < n; i++) {
		bool control = (unsigned char)p[i] < ' ';

		if (control && j.in_string)
			out += snprintf(out, 7, "\\u%04x",
					(unsigned)(unsigned char)p[i]);
		else if (control && memchr("\t\r\n", p[i], 3) == NULL)
			*out++ = ' ';
		else
			*out++ = p[i];
		raw_json_byte(&j, p[i]);
	}
	return copy;
}
