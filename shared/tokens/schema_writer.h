/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_SCHEMA_WRITER_H
#define TOKENS_SCHEMA_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

/* A type that references name. */
struct schema_definition {
	struct schema_definition *next;
	const cJSON *schema; /* its key is the name */
};

/*
 * Writes JSON schemas as types in the style of TypeScript, as the encoder
 * published with Kimi K2.5 does. `failed` is set, and nothing more is written,
 * when `out` is full or a schema has no such type.
 */
struct schema_writer {
	struct buf *out;
	struct arena *arena;
	struct schema_definition *definitions; /* seen so far */
	bool refers_to_root;
	bool failed;
	struct schema_item *todo; /* of schema_type.c: a stack */
	size_t n_todo, room;
};

void schema_put_text(struct schema_writer *w, const char *text);

/* Two blanks for each level. */
void schema_put_indent(struct schema_writer *w, int indent);

/* A scalar as Python's str() prints it. */
void schema_put_scalar(struct schema_writer *w, const cJSON *v);

#endif
