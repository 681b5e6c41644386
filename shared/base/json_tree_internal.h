/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_TREE_INTERNAL_H
#define BASE_JSON_TREE_INTERNAL_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/arena.h"

/*
 * The tree of a JSON text, in the arena. Its strings and names stay where they
 * are in the text, which is overwritten: so a large one is not there twice.
 *
 * The text is UTF-8, ends with a NUL that does not count, has no NUL in a
 * string and no broken "\uXXXX": see json_shape_internal.h. NULL if it is not
 * JSON; then `*stopped` is where.
 */
cJSON *json_tree_build(struct arena *a, char *p, size_t n,
		       const char **stopped);

/* What the character after a backslash stands for; NUL: nothing, or it is a "u". */
char json_tree_escape(char escape);

#endif
