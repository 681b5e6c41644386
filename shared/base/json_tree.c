/* SPDX-License-Identifier: MIT */
/*
 * Reads JSON where it stands. It is as lenient as cJSON, which reads what the
 * program must be able to change: about white space, numbers and a byte order
 * mark.
 */
#include "base/json_tree_internal.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_number_internal.h"
#include "base/json_shape_internal.h"
#include "base/utf8.h"

#define BOM "\xEF\xBB\xBF"
#define BOM_MIN 4 /* cJSON looks for one in longer texts only */

#define COUNT_DIGITS 9 /* that any int has room for */

struct builder {
	struct arena *arena;
	char *p, *end; /* `*end` is NUL */
	cJSON **open;  /* arrays and objects around `p` */
	size_t depth, room;
	char *name; /* of the next value; NULL: it has none */
};

static void skip_blanks(struct builder *b)
{
	while (b->p < b->end && (unsigned char)*b->p <= ' ')
		b->p++;
}

char json_tree_escape(char escape)
{
	switch (escape) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case '"':
	case '\\':
	case '/':
		return escape;
	default:
		return '\0';
	}
}

/* Writes what the escape at `b->p`, its backslash, stands for, which is shorter
 * than it. The end of what was written; NULL: it is none. */
static char *put_escaped(struct builder *b, char *out)
{
	size_t n;

	if (b->end - b->p < 2)
		return NULL;
	if (b->p[1] == 'u') {
		out += utf8_put(out,
				json_shape_character(b->p + 1, b->end, &n));
		b->p += 1 + n;
		return out;
	}
	*out = json_tree_escape(b->p[1]);
	if (*out == '\0')
		return NULL;
	b->p += 2;
	return out + 1;
}

/* The string whose quotation mark is at `b->p`; NULL: there is none. */
static char *read_string(struct builder *b)
{
	char *text, *out;

	if (b->p == b->end || *b->p != '"')
		return NULL;
	text = out = ++b->p;
	for (;;) {
		size_t n = strcspn(b->p, "\"\\");

		if (out != b->p)
			memmove(out, b->p, n);
		out += n;
		b->p += n;
		if (b->p >= b->end)
			return NULL;
		if (*b->p == '"')
			break;
		out = put_escaped(b, out);
		if (out == NULL)
			return NULL;
	}
	b->p++;
	*out = '\0';
	return text;
}

static int saturated(double v)
{
	if (v >= INT_MAX)
		return INT_MAX;
	return v <= INT_MIN ? INT_MIN : (int)v;
}

/* What most numbers are: a few digits, which strtod takes ten times as long for.
 * False if it is another. */
static bool read_count(struct builder *b, cJSON *v)
{
	const char *p = b->p;
	int n = 0;

	while (p - b->p < COUNT_DIGITS && *p >= '0' && *p <= '9')
		n = n * 10 + (*p++ - '0');
	if (p == b->p || (*b->p == '0' && p - b->p > 1) ||
	    strchr("0123456789.eE+-", *p) != NULL)
		return false;
	b->p += p - b->p;
	v->type = cJSON_Number;
	v->valueint = n;
	v->valuedouble = n;
	return true;
}

/* One that a double does not bring back keeps its text. */
static bool read_number(struct builder *b, cJSON *v)
{
	bool inexact = false;
	char *end = b->p + (json_number_end(b->p, b->end, &inexact) - b->p);
	char after = *end, *stopped;

	*end = '\0'; /* strtod knows more than JSON: 0x10, -inf */
	v->type = cJSON_Number;
	v->valuedouble = strtod(b->p, &stopped);
	v->valueint = saturated(v->valuedouble);
	if (inexact && json_number_is_json(b->p, end))
		v->valuestring = arena_copy(b->arena, b->p);
	*end = after;
	if (stopped == b->p)
		return false;
	b->p = stopped;
	return true;
}

static bool read_word(struct builder *b, cJSON *v)
{
	static const struct {
		const char *word;
		int type;
	} words[] = {
		{ "null", cJSON_NULL },
		{ "true", cJSON_True },
		{ "false", cJSON_False },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i].word);

		if (strncmp(b->p, words[i].word, n) != 0)
			continue;
		b->p += n;
		v->type = words[i].type;
		v->valueint = v->type == cJSON_True;
		return true;
	}
	return false;
}

static void open_level(struct builder *b, cJSON *v)
{
	v->type = *b->p == '[' ? cJSON_Array : cJSON_Object;
	b->p++;
	b->open = arena_grow(b->arena, b->open, &b->room, b->depth + 1,
			     sizeof(*b->open));
	b->open[b->depth++] = v;
}

/* A value without what is in it. */
static bool read_value(struct builder *b, cJSON *v)
{
	if (json_number_begins(*b->p))
		return read_count(b, v) || read_number(b, v);
	switch (*b->p) {
	case '[':
	case '{':
		open_level(b, v);
		return true;
	case '"':
		v->type = cJSON_String;
		v->valuestring = read_string(b);
		return v->valuestring != NULL;
	default:
		return read_word(b, v);
	}
}

/* As cJSON links them: the first one knows the last. */
static void add_to(cJSON *parent, cJSON *v)
{
	cJSON *first = parent->child;

	if (first == NULL) {
		parent->child = v->prev = v;
		return;
	}
	v->prev = first->prev;
	first->prev->next = v;
	first->prev = v;
}

static cJSON *add_value(struct builder *b)
{
	cJSON *v = arena_alloc(b->arena, sizeof(*v));

	v->string = b->name;
	b->name = NULL;
	if (b->depth > 0)
		add_to(b->open[b->depth - 1], v);
	return read_value(b, v) ? v : NULL;
}

static bool read_name(struct builder *b)
{
	skip_blanks(b);
	b->name = read_string(b);
	if (b->name == NULL)
		return false;
	skip_blanks(b);
	if (*b->p != ':')
		return false;
	b->p++;
	return true;
}

static bool in_object(const struct builder *b)
{
	return cJSON_IsObject(b->open[b->depth - 1]);
}

/* Goes past the ends of levels and to the next value, if there is one. */
static bool go_on(struct builder *b)
{
	while (b->depth > 0) {
		const cJSON *level = b->open[b->depth - 1];

		skip_blanks(b);
		if (*b->p == (in_object(b) ? '}' : ']')) {
			b->p++;
			b->depth--;
			continue;
		}
		if (level->child == NULL)
			return !in_object(b) || read_name(b);
		if (*b->p++ != ',')
			return false;
		return !in_object(b) || read_name(b);
	}
	return true;
}

cJSON *json_tree_build(struct arena *a, char *p, size_t n, const char **stopped)
{
	struct builder b = { .arena = a, .p = p, .end = p + n };
	cJSON *root;
	bool ok;

	if (n > BOM_MIN && memcmp(p, BOM, strlen(BOM)) == 0)
		b.p += strlen(BOM);
	skip_blanks(&b);
	root = add_value(&b);
	ok = root != NULL && go_on(&b);
	while (ok && b.depth > 0) {
		skip_blanks(&b);
		ok = add_value(&b) != NULL && go_on(&b);
	}
	*stopped = b.p < b.end ? b.p : b.end - (n > 0);
	if (!ok)
		return NULL;
	*stopped = b.p;
	return root;
}
