/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/rope.h"

/* Maximum nesting of what is read; tool schemas stay far below. */
#define JSON_MAX_DEPTH 100

/* Maximum number of values read: a tree needs about 64 bytes for each. */
#define JSON_MAX_VALUES 1000000

/*
 * Reads one JSON text into a tree owned by the arena. NULL with
 * ERROR_BAD_REQUEST when it is not UTF-8, not JSON, nested too deeply or has too
 * many values. In strings and names U+FFFD takes the place of what a C string
 * in UTF-8 cannot hold: a NUL ("\u0000") and half a surrogate pair ("\uD83D").
 */
const cJSON *json_parse(struct arena *a, const char *p, size_t n,
			struct error *e);

/*
 * The same, without a copy: the tree's strings are in the text, which is
 * overwritten and must live as long as the arena. A NUL follows it. Before the
 * tree is made, `admit` is told of how many values, and may refuse.
 */
cJSON *json_parse_in_place(struct arena *a, char *p, size_t n,
			   bool (*admit)(void *ctx, size_t values,
					 struct error *e),
			   void *ctx, struct error *e);

/* The same as json_parse, but the caller frees the tree with cJSON_Delete: for trees that
 * would pile up in the arena during a long stream. */
cJSON *json_read(const char *p, size_t n, struct error *e);

/* Whether the text is one JSON object, to the letter of RFC 8259: readers here
 * are lenient about control characters in strings and about numbers. */
bool json_is_object(const char *p, size_t n);

/* JSON with "\ufffd" for each half of a surrogate pair ("\uD83D" alone), which
 * RFC 8259 allows but strict readers refuse; the text itself if it has none. */
const char *json_whole_pairs(struct arena *a, const char *text);

/*
 * The value at a path of member names and array indexes: "choices.0.delta".
 * NULL if it is missing or null: null means absent everywhere.
 */
const cJSON *json_at(const cJSON *tree, const char *path);

/* The same for whoever may change it, nulls included; NULL if the path is "". */
cJSON *json_below(const cJSON *tree, const char *path);

/* The string there; NULL if it is missing or not a string. */
const char *json_text(const cJSON *tree, const char *path);

/* The number there, without its fraction; `fallback` if it is missing, not a
 * number, or beyond 9e15. */
int64_t json_int(const cJSON *tree, const char *path, int64_t fallback);

/* The tree as compact text, in the arena. Numbers that were read are as they
 * were written: 12345678901234567890, 1.0, 1e400. */
char *json_print(struct arena *a, const cJSON *tree);

/*
 * Writes JSON forward into a buffer, which is borrowed. Members of objects take
 * a key; array elements and the outermost value take NULL. Nesting beyond 32
 * levels aborts. When the buffer is full the text is not JSON: look at
 * `out->full`.
 */
struct json_writer {
	struct buf *out;
	struct rope *rope; /* whose text `out` is; NULL: none */
	uint32_t filled;   /* a bit per level: it has an element already */
	unsigned depth;
};

void json_writer_init(struct json_writer *w, struct buf *out);

/* The same for a rope: texts of 64 KiB and more are lent to it, and must live as
 * long as its arena. */
void json_writer_init_rope(struct json_writer *w, struct rope *out);

/* A place in what is written, for texts that begin with the same. */
struct json_mark {
	struct json_writer w;
	size_t n; /* bytes before it; 0: it is nowhere */
};

struct json_mark json_writer_mark(const struct json_writer *w);

/* Goes on from there, without what was written after it. */
void json_writer_return(struct json_writer *w, const struct json_mark *to);

void json_object(struct json_writer *w, const char *key);
void json_array(struct json_writer *w, const char *key);
void json_close_object(struct json_writer *w);
void json_close_array(struct json_writer *w);

/* null if `s` is NULL. */
void json_put_text(struct json_writer *w, const char *key, const char *s);
void json_put_text_n(struct json_writer *w, const char *key, const char *s,
		     size_t n);
void json_put_int(struct json_writer *w, const char *key, int64_t v);
void json_put_number(struct json_writer *w, const char *key, double v);
void json_put_bool(struct json_writer *w, const char *key, bool v);
void json_put_null(struct json_writer *w, const char *key);

/* As json_print; null if `tree` is NULL. It may be nested as deeply as what is
 * read. */
void json_put_tree(struct json_writer *w, const char *key, const cJSON *tree);

/* `json` is the text of a JSON value. */
void json_put_raw(struct json_writer *w, const char *key, const char *json);

#endif
