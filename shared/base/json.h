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

/* Deepest nesting read; a client's tool schemas stay far below. */
#define JSON_MAX_DEPTH 100

/* Most values read: a tree takes some 64 bytes for each. */
#define JSON_MAX_VALUES 1000000

/*
 * Reads one JSON text as a tree that belongs to the arena. NULL and a filled
 * `e` when it is not UTF-8, not JSON, nested too deep, or holds a NUL
 * character (\u0000), which C strings would cut off unseen.
 */
const cJSON *json_parse(struct arena *a, const char *p, size_t n,
			struct error *e);

/* The same, but the caller ends it with cJSON_Delete: for trees that would
 * pile up in the arena of a long stream. */
cJSON *json_read(const char *p, size_t n, struct error *e);

/*
 * The value at a path of member names and array indexes, "choices.0.delta".
 * NULL if there is none or it is null: null means absent everywhere.
 */
const cJSON *json_at(const cJSON *tree, const char *path);

/* The string there; NULL if there is none or it is no string. */
const char *json_text(const cJSON *tree, const char *path);

/* The number there; `otherwise` if there is none. */
int64_t json_int(const cJSON *tree, const char *path, int64_t fallback);

/* Compact text of a tree, in the arena. */
char *json_print(struct arena *a, const cJSON *tree);

/*
 * Writes JSON forward into a buffer. Members take a key; array elements and
 * the outermost value take NULL. Nesting is limited to 32.
 */
struct json_writer {
	struct buf *out;
	uint32_t filled; /* one bit per level: has an element already */
	unsigned depth;
};

void json_writer_init(struct json_writer *w, struct buf *out);
void json_object(struct json_writer *w, const char *key);
void json_array(struct json_writer *w, const char *key);
void json_close_object(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_put_text(struct json_writer *w, const char *key, const char *s);
void json_put_text_n(struct json_writer *w, const char *key, const char *s,
		     size_t n);
void json_put_int(struct json_writer *w, const char *key, int64_t v);
void json_put_number(struct json_writer *w, const char *key, double v);
void json_put_bool(struct json_writer *w, const char *key, bool v);
void json_put_null(struct json_writer *w, const char *key);

/* `json` is a whole JSON value already. */
void json_put_raw(struct json_writer *w, const char *key, const char *json);

#endif
