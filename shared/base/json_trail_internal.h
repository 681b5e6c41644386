/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_TRAIL_INTERNAL_H
#define BASE_JSON_TRAIL_INTERNAL_H

#include <stddef.h>

#include <cjson/cJSON.h>

/* The way from a tree's root to a value of it: its parents, outermost first.
 * Starts as zeros. */
struct json_trail {
	const cJSON **parents;
	size_t depth, room;
};

/* The value after `v` in the order of the text; NULL after the last one. The
 * parents that end before it stay in the list, above `depth`. */
cJSON *json_trail_next(struct json_trail *t, const cJSON *root, const cJSON *v);

void json_trail_fini(struct json_trail *t);

#endif
