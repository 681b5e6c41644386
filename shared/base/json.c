/* SPDX-License-Identifier: MIT */
/* JSON: trees (cJSON) for reading, a forward writer for output. */
#include "base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_escape_internal.h"
#include "base/json_number_internal.h"
#include "base/json_shape_internal.h"
#include "base/json_trail_internal.h"
#include "base/json_tree_internal.h"
#include "base/utf8.h"

#define WRITER_DEPTH 32
#define LENT_SIZE (64 * 1024) /* shorter texts are copied */

static bool refuse_at(size_t byte, struct error *e)
{
	return error_set(e, ERROR_BAD_REQUEST,
			 "The text is not valid JSON (near byte %zu).", byte);
}

static bool shape_ok(const struct json_shape *s, const char *p, struct error *e)
{
	if (s->broken != NULL)
		return refuse_at((size_t)(s->broken - p), e);
	if (s->depth > JSON_MAX_DEPTH)
		return error_set(e, ERROR_BAD_REQUEST,
				 "The JSON is nested deeper than %d levels.",
				 JSON_MAX_DEPTH);
	if (s->values > JSON_MAX_VALUES)
		return error_set(e, ERROR_BAD_REQUEST,
				 "The JSON has more than %d values.",
				 JSON_MAX_VALUES);
	return true;
}

static bool only_white_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p == end;
}

static cJSON *read_whole(const char *p, size_t n, struct error *e)
{
	const char *end = NULL;
	cJSON *tree = cJSON_ParseWithLengthOpts(p, n, &end, false);

	if (tree != NULL && only_white_space(end, p + n))
		return tree;
	refuse_at(end == NULL ? 0 : (size_t)(end - p), e);
	cJSON_Delete(tree);
	return NULL;
}

static cJSON *read_mended(const char *p, size_t n, struct error *e)
{
	struct buf text;
	cJSON *tree;

	buf_init(&text, SIZE_MAX); /* thrice the text at most */
	json_shape_mend(&text, p, p + n, true);
	tree = read_whole(text.p, text.len, e);
	buf_fini(&text);
	return tree;
}

static bool measure(struct json_shape *shape, const char *p, size_t n,
		    struct error *e)
{
	size_t valid = utf8_valid_length(p, n);

	if (valid < n)
		return error_set(e, ERROR_BAD_REQUEST,
				 "The text is not valid UTF-8 (at byte %zu).",
				 valid);
	json_shape_measure(shape, p, p + n, JSON_MAX_DEPTH);
	return shape_ok(shape, p, e);
}

static cJSON *read_shape(struct json_shape *shape, const char *p, size_t n,
			 struct error *e)
{
	cJSON *tree;

	if (!measure(shape, p, n, e))
		return NULL;
	tree = shape->bad ? read_mended(p, n, e) : read_whole(p, n, e);
	if (tree != NULL && shape->inexact)
		json_number_keep(tree, p, p + n);
	return tree;
}

cJSON *json_read(const char *p, size_t n, struct error *e)
{
	struct json_shape shape = { 0 };

	return read_shape(&shape, p, n, e);
}

bool json_is_object(const char *p, size_t n)
{
	struct json_shape shape = { 0 };
	struct error ignored;
	cJSON *tree = read_shape(&shape, p, n, &ignored);
	bool is = cJSON_IsObject(tree) && !shape.lenient;

	cJSON_Delete(tree);
	return is;
}

static cJSON *build(struct arena *a, char *p, size_t n, struct error *e)
{
	const char *stopped;
	cJSON *tree = json_tree_build(a, p, n, &stopped);

	if (tree != NULL && only_white_space(stopped, p + n))
		return tree;
	refuse_at((size_t)(stopped - p), e);
	return NULL;
}

/* What is read in place has no room for U+FFFD where a NUL is. */
static cJSON *build_mended(struct arena *a, const char *p, size_t n,
			   struct error *e)
{
	struct buf *text = arena_buf(a, SIZE_MAX); /* thrice that at most */

	json_shape_mend(text, p, p + n, false);
	return build(a, text->p, text->len, e);
}

cJSON *json_parse_in_place(struct arena *a, char *p, size_t n,
			   bool (*admit)(void *ctx, size_t values,
					 struct error *e),
			   void *ctx, struct error *e)
{
	struct json_shape shape = { 0 };

	if (!measure(&shape, p, n, e) || !admit(ctx, shape.values, e))
		return NULL;
	return shape.nul ? build_mended(a, p, n, e) : build(a, p, n, e);
}

const cJSON *json_parse(struct arena *a, const char *p, size_t n,
			struct error *e)
{
	struct json_shape shape = { 0 };

	if (!measure(&shape, p, n, e))
		return NULL;
	return shape.nul ? build_mended(a, p, n, e) :
			   build(a, arena_copy_n(a, n == 0 ? "" : p, n), n, e);
}

const char *json_whole_pairs(struct arena *a, const char *text)
{
	const char *end = text + strlen(text);
	const char *half = json_shape_half(text, end);
	char *copy;

	if (half == NULL)
		return text;
	copy = arena_copy(a, text);
	for (; half != NULL; half = json_shape_half(half, end))
		memcpy(copy + (half - text), "ufffd", strlen("ufffd"));
	return copy;
}

/* The one whose name is the first `n` bytes of the path. */
static cJSON *member(const cJSON *object, const char *path, size_t n)
{
	cJSON *v = object->child;

	while (v != NULL &&
	       (*v->string != *path || strncmp(v->string, path, n) != 0 ||
		v->string[n] != '\0'))
		v = v->next;
	return v;
}

static cJSON *element(const cJSON *array, const char *path)
{
	int i = 0;

	if (*path < '0' || *path > '9')
		return NULL;
	while (*path >= '0' && *path <= '9')
		i = 10 * i + (*path++ - '0');
	return cJSON_GetArrayItem(array, i);
}

cJSON *json_below(const cJSON *tree, const char *path)
{
	cJSON *v = NULL;

	while (tree != NULL && *path != '\0') {
		size_t n = (size_t)(strchrnul(path, '.') - path);

		tree = v = cJSON_IsArray(tree) ? element(tree, path) :
						 member(tree, path, n);
		path += n + (path[n] == '.');
	}
	return v;
}

const cJSON *json_at(const cJSON *tree, const char *path)
{
	const cJSON *v = *path == '\0' ? tree : json_below(tree, path);

	return cJSON_IsNull(v) ? NULL : v;
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
	struct json_writer w;
	struct buf out;
	char *text;

	buf_init(&out, SIZE_MAX); /* the tree is the limit */
	json_writer_init(&w, &out);
	json_put_tree(&w, NULL, tree);
	text = realloc(out.p, out.len + 1);
	if (text == NULL)
		abort();
	arena_own(a, text, free);
	return text;
}

void json_writer_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){ .out = out };
}

void json_writer_init_rope(struct json_writer *w, struct rope *out)
{
	*w = (struct json_writer){ .out = &out->text, .rope = out };
}

struct json_mark json_writer_mark(const struct json_writer *w)
{
	return (struct json_mark){ .w = *w, .n = w->out->len };
}

void json_writer_return(struct json_writer *w, const struct json_mark *to)
{
	*w = to->w;
	buf_cut(w->out, to->n);
}

static void put_escaped(struct buf *out, const char *s, size_t n)
{
	char escape[JSON_ESCAPE_SIZE];

	while (n > 0) {
		size_t run = json_escape_plain(s, n);

		buf_append(out, s, run);
		s += run;
		n -= run;
		if (n == 0)
			break;
		buf_append(out, escape, json_escape_put(escape, *s++));
		n--;
	}
}

/* A string: most are short and need no escapes. */
static void put_quoted(struct buf *out, const char *s, size_t n)
{
	char *to = json_escape_plain(s, n) == n ? buf_extend(out, n + 2) : NULL;

	if (to != NULL) {
		to[0] = to[n + 1] = '"';
		memcpy(to + 1, s, n);
		return;
	}
	buf_put(out, '"');
	put_escaped(out, s, n);
	buf_put(out, '"');
}

/* Where the whole is a rope, a long text is lent to it. */
static void put_string(struct json_writer *w, const char *s, size_t n)
{
	struct rope_source lent;

	if (w->rope == NULL || n < LENT_SIZE) {
		put_quoted(w->out, s, n);
		return;
	}
	lent = json_escape_source(w->rope->arena, s, n);
	buf_put(w->out, '"');
	rope_lend(w->rope, &lent);
	buf_put(w->out, '"');
}

static void put_key(struct json_writer *w, const char *key)
{
	uint32_t bit = UINT32_C(1) << w->depth;

	if (w->filled & bit)
		buf_put(w->out, ',');
	w->filled |= bit;
	if (key == NULL)
		return;
	put_quoted(w->out, key, strlen(key));
	buf_put(w->out, ':');
}

static void open_level(struct json_writer *w, const char *key, char bracket)
{
	put_key(w, key);
	buf_put(w->out, bracket);
	assert(w->depth + 1 < WRITER_DEPTH);
	w->depth++;
	w->filled &= ~(UINT32_C(1) << w->depth);
}

static void close_level(struct json_writer *w, char bracket)
{
	assert(w->depth > 0);
	w->depth--;
	buf_put(w->out, bracket);
}

void json_object(struct json_writer *w, const char *key)
{
	open_level(w, key, '{');
}

void json_array(struct json_writer *w, const char *key)
{
	open_level(w, key, '[');
}

void json_close_object(struct json_writer *w)
{
	close_level(w, '}');
}

void json_close_array(struct json_writer *w)
{
	close_level(w, ']');
}

void json_put_text_n(struct json_writer *w, const char *key, const char *s,
		     size_t n)
{
	put_key(w, key);
	put_string(w, s, n);
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
	buf_put_int(w->out, v);
}

void json_put_number(struct json_writer *w, const char *key, double v)
{
	char text[JSON_NUMBER_SIZE];

	put_key(w, key);
	json_number_format(text, v);
	buf_puts(w->out, text);
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

static void put_number(struct buf *out, const cJSON *v)
{
	char number[JSON_NUMBER_SIZE];

	if (v->valuestring == NULL)
		json_number_format(number, v->valuedouble);
	buf_puts(out, v->valuestring != NULL ? v->valuestring : number);
}

/* A value without what is in it. */
static void put_value(struct buf *out, const cJSON *v)
{
	bool empty = v->child == NULL;

	if (cJSON_IsString(v))
		put_quoted(out, v->valuestring, strlen(v->valuestring));
	else if (cJSON_IsNumber(v))
		put_number(out, v);
	else if (cJSON_IsObject(v))
		buf_puts(out, empty ? "{}" : "{");
	else if (cJSON_IsArray(v))
		buf_puts(out, empty ? "[]" : "[");
	else if (cJSON_IsBool(v))
		buf_puts(out, cJSON_IsTrue(v) ? "true" : "false");
	else
		buf_puts(out, "null");
}

static void put_name(struct buf *out, const cJSON *v)
{
	put_quoted(out, v->string, strlen(v->string));
	buf_put(out, ':');
}

static void put_all(struct buf *out, const cJSON *root)
{
	struct json_trail t = { 0 };
	const cJSON *v = root;

	while (v != NULL) {
		size_t depth = t.depth;

		if (depth > 0 && cJSON_IsObject(t.parents[depth - 1]))
			put_name(out, v);
		put_value(out, v);
		v = json_trail_next(&t, root, v);
		for (size_t i = depth; i > t.depth; i--)
			buf_put(out,
				cJSON_IsObject(t.parents[i - 1]) ? '}' : ']');
		if (v != NULL && t.depth <= depth)
			buf_put(out, ',');
	}
	json_trail_fini(&t);
}

void json_put_tree(struct json_writer *w, const char *key, const cJSON *tree)
{
	if (tree == NULL) {
		json_put_null(w, key);
		return;
	}
	put_key(w, key);
	put_all(w->out, tree);
}
