/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_SCHEMA_TYPE_H
#define TOKENS_SCHEMA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

/* A type by name, for references. */
struct schema_definition {
	struct schema_definition *next;
	const cJSON *schema; /* its key is the name */
};

/*
 * Writes JSON schemas as types in the manner of TypeScript, as the encoder
 * that goes with Kimi K2.5 does. `failed` is set, and no more comes of it,
 * when the limit of `out` is passed or a schema has no such type.
 */
struct schema_writer {
	struct buf *out;
	struct arena *arena;
	struct schema_definition *definitions; /* those met so far */
	bool refers_to_root;
	bool failed;
	struct schema_item *todo; /* what comes next, last first */
	size_t n_todo, room;
};

/* The type of a schema. */
void schema_put_type(struct schema_writer *w, const cJSON *schema);

/* The same, as an object, whatever the schema calls itself. */
void schema_put_object(struct schema_writer *w, const cJSON *schema);

/* The properties alone, required or not, by name. */
void schema_put_properties(struct schema_writer *w, const cJSON *object);

#endif
