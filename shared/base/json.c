/* SPDX-License-Identifier: MIT */
/* JSON: trees (cJSON) for reading, a forward writer for output. */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define WRITER_DEPTH 32
#define KEY_SIZE 64

static void drop_tree(void *tree)
{
	cJSON_Delete(tree);
}

/* The end of the string that begins at `p`, and whether it holds a NUL. */
static const char *skip_string(const char *p, const char *end, bool *nul)
{
	for (; p < end && *p != '"'; p++) {
		*nul |= *p == '\0';
		if (*p != '\\')
			continue;
		if (++p >= end)
			break;
		if (end - p >= 5 && memcmp(p, "u0000", 5) == 0)
			*nul = true;
	}
	return p;
}

struct shape {
	size_t depth, values;
	bool nul;
};

/* Stops as soon as the depth is over its limit. */
static void measure(struct shape *s, const char *p, const char *end)
{
	for (; p < end && s->depth <= JSON_MAX_DEPTH; p++) {
		bool opens = *p == '{' || *p == '[';

		s->values += *p == ',' || opens;
		if (*p == '"')
			p = skip_string(p + 1, end, &s->nul);
		else if (opens)
			s->depth++;
		else if ((*p == '}' || *p == ']') && s->depth > 0)
			s->depth--;
	}
}

/*
 * Checked before cJSON runs: it recurses per level, and cuts strings at an
 * escaped NUL.
 */
static bool shape_ok(const char *p, size_t n, struct error *e)
{
	struct shape shape = { 0 };

	measure(&shape, p, p + n);
	if (shape.depth > JSON_MAX_DEPTH)
		return error_set(e, ERROR_BAD_REQUEST,
				 "The JSON is nested deeper than %d levels.",
				 JSON_MAX_DEPTH);
	if (shape.values > JSON_MAX_VALUES)
		return error_set(e, ERROR_BAD_REQUEST,
				 "The JSON has more than %d values.",
				 JSON_MAX_VALUES);
	if (shape.nul)
		return error_set(e, ERROR_BAD_REQUEST,
				 "The JSON contains a NUL character (\\u0000), "
				 "which is not supported.");
	return true;
}

static bool only_white_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p == end;
}

cJSON *json_read(const char *p, size_t n, struct error *e)
{
	const char *end = NULL;
	cJSON *tree;

	if (!utf8_valid(p, n)) {
		error_set(e, ERROR_BAD_REQUEST, "The text is not valid UTF-8.");
		return NULL;
	}
	if (!shape_ok(p, n, e))
		return NULL;
	tree = cJSON_ParseWithLengthOpts(p, n, &end, false);
	if (tree != NULL && only_white_space(end, p + n))
		return tree;
	error_set(e, ERROR_BAD_REQUEST,
		  "The text is not valid JSON (near byte %zu).",
		  end == NULL ? 0 : (size_t)(end - p));
	cJSON_Delete(tree);
	return NULL;
}

const cJSON *json_parse(struct arena *a, const char *p, size_t n,
			struct error *e)
{
	cJSON *tree = json_read(p, n, e);

	if (tree != NULL)
		arena_own(a, tree, drop_tree);
	return tree;
}

static const cJSON *child(const cJSON *tree, const char *name, size_t n)
{
	char key[KEY_SIZE];

	assert(n < sizeof(key));
	memcpy(key, name, n);
	key[n] = '\0';
	if (cJSON_IsArray(tree))
		return cJSON_GetArrayItem(tree, (int)strtol(key, NULL, 10));
	return cJSON_GetObjectItemCaseSensitive(tree, key);
}

const cJSON *json_at(const cJSON *tree, const char *path)
{
	while (tree != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		tree = child(tree, path, n);
		path += n + (path[n] == '.');
	}
	return cJSON_IsNull(tree) ? NULL : tree;
}

const char *json_text(const cJSON *tree, const char *path)
{
	return cJSON_GetStringValue(json_at(tree, path));
}

int64_t json_int(const cJSON *tree, const char *path, int64_t fallback)
{
	const cJSON *v = json_at(tree, path);

	if (!cJSON_IsNumber(v) || !(v->valuedouble > -9e15) ||
	    !(v->valuedouble < 9e15))
		return fallback;
	return (int64_t)v->valuedouble;
}

char *json_print(struct arena *a, const cJSON *tree)
{
	char *text = cJSON_PrintUnformatted(tree);

	if (text == NULL)
		abort();
	arena_own(a, text, free);
	return text;
}

void json_writer_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){ .out = out };
}

static void put_escaped(struct buf *out, const char *s, size_t n)
{
	size_t start = 0;

	buf_append(out, "\"", 1);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_append(out, s + start, i - start);
		start = i + 1;
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_append(out, "\\n", 2);
		else
			buf_printf(out, "\\u%04x", c);
	}
	buf_append(out, s + start, n - start);
	buf_append(out, "\"", 1);
}

static void put_key(struct json_writer *w, const char *key)
{
	uint32_t bit = UINT32_C(1) << w->depth;

	if (w->filled & bit)
		buf_append(w->out, ",", 1);
	w->filled |= bit;
	if (key == NULL)
		return;
	put_escaped(w->out, key, strlen(key));
	buf_append(w->out, ":", 1);
}

static void open_level(struct json_writer *w, const char *key,
		       const char *bracket)
{
	put_key(w, key);
	buf_append(w->out, bracket, 1);
	assert(w->depth + 1 < WRITER_DEPTH);
	w->depth++;
	w->filled &= ~(UINT32_C(1) << w->depth);
}

static void close_level(struct json_writer *w, const char *bracket)
{
	assert(w->depth > 0);
	w->depth--;
	buf_append(w->out, bracket, 1);
}

void json_object(struct json_writer *w, const char *key)
{
	open_level(w, key, "{");
}

void json_array(struct json_writer *w, const char *key)
{
	open_level(w, key, "[");
}

void json_close_object(struct json_writer *w)
{
	close_level(w, "}");
}

void json_close_array(struct json_writer *w)
{
	close_level(w, "]");
}

void json_put_text_n(struct json_writer *w, const char *key, const char *s,
		     size_t n)
{
	put_key(w, key);
	put_escaped(w->out, s, n);
}

void json_put_text(struct json_writer *w, const char *key, const char *s)
{
	if (s == NULL)
		json_put_null(w, key);
	else
		json_put_text_n(w, key, s, strlen(s));
}

void json_put_int(struct json_writer *w, const char *key, int64_t v)
{
	put_key(w, key);
	buf_printf(w->out, "%" PRId64, v);
}

void json_put_number(struct json_writer *w, const char *key, double v)
{
	put_key(w, key);
	buf_printf(w->out, "%.15g", v);
}

void json_put_bool(struct json_writer *w, const char *key, bool v)
{
	put_key(w, key);
	buf_puts(w->out, v ? "true" : "false");
}

void json_put_null(struct json_writer *w, const char *key)
{
	put_key(w, key);
	buf_append(w->out, "null", 4);
}

void json_put_raw(struct json_writer *w, const char *key, const char *json)
{
	put_key(w, key);
	buf_puts(w->out, json);
}
