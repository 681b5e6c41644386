/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_SHAPE_INTERNAL_H
#define BASE_JSON_SHAPE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* What has to be known of a JSON text before cJSON reads it. */
struct json_shape {
	size_t depth, values; /* nesting at the end; at most so many values */
	bool bad;	      /* json_shape_mend has something to mend */
	bool nul;	      /* a NUL, not escaped, in a string */
	bool inexact;	      /* json_number_keep has something to keep */
	bool lenient;	      /* cJSON takes it, RFC 8259 does not */
	const char *broken; /* an escape that cJSON takes for a NUL; or NULL */
};

/* Stops as soon as the depth is over its limit. */
void json_shape_measure(struct json_shape *s, const char *p, const char *end,
			size_t max_depth);

/*
 * Appends the text with U+FFFD for each NUL in a string, escaped or not, and
 * for each half of a surrogate pair ("\uD83D" alone). `shorten`: for cJSON,
 * which has no room for more, numbers of more than JSON_NUMBER_MAX characters
 * are cut to a double's digits. The values are as many as before, in the same
 * order.
 */
void json_shape_mend(struct buf *out, const char *p, const char *end,
		     bool shorten);

/* The character of an escape, from its "u" on, and the length of that; a pair of
 * surrogates is one. U+FFFD for a NUL and for half a pair. */
uint32_t json_shape_character(const char *p, const char *end, size_t *n);

/* The first half of a surrogate pair that is alone, from its "u" on; NULL: there
 * is none. The text is JSON. */
const char *json_shape_half(const char *p, const char *end);

#endif
