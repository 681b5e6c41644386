/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_SHAPE_INTERNAL_H
#define BASE_JSON_SHAPE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

/* What has to be known of a JSON text before cJSON reads it. */
struct json_shape {
	size_t depth, values; /* nesting at the end; at most so many values */
	bool nul;	      /* a string has a NUL, escaped or not */
	bool inexact;	      /* json_number_keep has something to keep */
};

/* Stops as soon as the depth is over its limit. */
void json_shape_measure(struct json_shape *s, const char *p, const char *end,
			size_t max_depth);

#endif
