/* SPDX-License-Identifier: MIT */
/* JSON texts that are mostly the same. */
#include "base/json_alike.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/json_escape_internal.h"
#include "base/json_foreign.h"
#include "base/json_number_internal.h"
#include "base/json_tree_internal.h"
#include "base/utf8.h"

#define TEXT_LIMIT 4096 /* longer ones are seldom alike */
#define USUAL_TREE 1984 /* bytes of a text and its tree */
#define SAFE_DIGITS 15	/* of a natural number that a double holds */

void json_alike_init(struct json_alike *r, const char *const *paths)
{
	*r = (struct json_alike){ .paths = paths };
	arena_init_small(&r->arena, USUAL_TREE);
	buf_init(&r->text, TEXT_LIMIT);
	for (size_t i = 0; i < JSON_ALIKE_PATHS; i++)
		buf_init(&r->gaps[i].string, SIZE_MAX);
}

void json_alike_fini(struct json_alike *r)
{
	for (size_t i = 0; i < JSON_ALIKE_PATHS; i++)
		buf_fini(&r->gaps[i].string);
	buf_fini(&r->text);
	arena_fini(&r->arena);
}

/* --- A text that may be alike: each is the end of the value, or NULL --- */

static const char *fill_string(struct json_alike_gap *g, const char *p,
			       const char *end)
{
	buf_clear(&g->string);
	for (;;) {
		size_t run = json_escape_plain(p, (size_t)(end - p));
		char c = '\0';

		if (!utf8_valid(p, run))
			return NULL;
		buf_append(&g->string, p, run);
		p += run;
		if (p == end)
			return NULL;
		if (*p == '"')
			break;
		if (*p == '\\' && p + 1 < end)
			c = json_tree_escape(p[1]);
		if (c == '\0')
			return NULL;
		buf_put(&g->string, c);
		p += 2;
	}
	g->value->valuestring = g->string.p;
	return p;
}

static const char *digits_end(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static bool is_natural(const char *p, size_t n)
{
	return n > 0 && n <= SAFE_DIGITS && (*p != '0' || n == 1);
}

static const char *fill_number(struct json_alike_gap *g, const char *p,
			       const char *end)
{
	const char *after = digits_end(p, end);
	int64_t v = 0;

	if (!is_natural(p, (size_t)(after - p)))
		return NULL;
	for (; p < after; p++)
		v = v * 10 + (*p - '0');
	g->value->valuedouble = (double)v;
	g->value->valueint = v > INT_MAX ? INT_MAX : (int)v;
	return after;
}

static bool begins_with(const char *p, const char *end, const char *bytes,
			size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, bytes, n) == 0;
}

static const cJSON *read_again(struct json_alike *r, const char *p, size_t n)
{
	const char *end = p + n, *known = buf_text(&r->text);
	const char *known_end = known + r->text.len;

	if (r->tree == NULL)
		return NULL;
	for (size_t i = 0; i < r->n_gaps; i++) {
		struct json_alike_gap *g = &r->gaps[i];
		size_t same = (size_t)(r->text.p + g->from - known);

		if (!begins_with(p, end, known, same))
			return NULL;
		p = cJSON_IsString(g->value) ? fill_string(g, p + same, end) :
					       fill_number(g, p + same, end);
		if (p == NULL)
			return NULL;
		known = r->text.p + g->to;
	}
	if (end - p != known_end - known ||
	    !begins_with(p, end, known, (size_t)(known_end - known)))
		return NULL;
	return r->tree;
}

void json_alike_forget(struct json_alike *r)
{
	r->tree = NULL;
	r->n_gaps = 0;
}

/* --- A text that is parsed --- */

static const char *string_end(const char *p)
{
	while (*p != '"')
		p += *p == '\\' ? 2 : 1;
	return p;
}

/* The value of the member whose name begins at `name`. */
static const char *value_at(const char *name)
{
	const char *p = string_end(name) + 1;

	while (*p == ':' || (unsigned char)*p <= ' ')
		p++;
	return p;
}

static void add_gap(struct json_alike *r, cJSON *value, const char *from,
		    const char *to)
{
	struct json_alike_gap *gaps = r->gaps;
	size_t i = r->n_gaps++;
	struct json_alike_gap new = gaps[i];

	new.value = value;
	new.from = (size_t)(from - r->text.p);
	new.to = (size_t)(to - r->text.p);
	for (; i > 0 && gaps[i - 1].from > new.from; i--)
		gaps[i] = gaps[i - 1];
	gaps[i] = new;
}

/* Of a member whose name begins at `name` in the text. */
static void learn_value(struct json_alike *r, cJSON *value, const char *name)
{
	const char *p = value_at(name), *end = r->text.p + r->text.len, *to;
	bool inexact = false;

	if (cJSON_IsString(value)) {
		add_gap(r, value, p + 1, string_end(p + 1));
	} else if (cJSON_IsNumber(value)) {
		to = digits_end(p, end);
		if (is_natural(p, (size_t)(to - p)) &&
		    json_number_end(p, end, &inexact) == to)
			add_gap(r, value, p, to);
	}
}

/* The tree's strings are in the copy of the text. */
static void learn(struct json_alike *r, const cJSON *tree, const char *copy)
{
	for (const char *const *path = r->paths; *path != NULL; path++) {
		cJSON *v = json_below(tree, *path);

		if (v != NULL)
			learn_value(r, v, r->text.p + (v->string - copy));
	}
	r->tree = tree;
}

static bool admit(void *ctx, size_t values, struct error *e)
{
	(void)ctx;
	(void)values;
	(void)e;
	return true;
}

const cJSON *json_alike_read(struct json_alike *r, const char *p, size_t n,
			     struct error *e)
{
	const cJSON *tree = read_again(r, p, n);
	char *copy;

	r->again = tree != NULL;
	if (r->again)
		return tree;
	json_alike_forget(r);
	arena_reset(&r->arena);
	buf_clear(&r->text);
	/* What is mended on the way is not found again. */
	if (!utf8_valid(p, n) || memchr(p, '\0', n) != NULL ||
	    !buf_append(&r->text, p, n))
		return json_foreign_parse(&r->arena, p, n, e);
	copy = arena_copy_n(&r->arena, p, n);
	tree = json_parse_in_place(&r->arena, copy, n, admit, NULL, e);
	if (tree != NULL)
		learn(r, tree, copy);
	return tree;
}
