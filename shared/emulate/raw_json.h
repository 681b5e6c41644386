/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_RAW_JSON_H
#define EMULATE_RAW_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"

/*
 * JSON that a model wrote, as text: finds its end while it is still coming in,
 * and parts of it unchanged, with numbers that a tree would round.
 */
struct raw_json {
	size_t depth; /* objects and arrays that are open */
	bool in_string, escaped;
	char open[JSON_MAX_DEPTH]; /* the bracket that closes each */
};

enum raw_json_step { RAW_JSON_MORE, RAW_JSON_END, RAW_JSON_BAD };

/*
 * One more byte, the first being '{' or '['. END at the bracket that closes
 * it; BAD if JSON cannot continue so. Only brackets and strings are checked:
 * after END it may still not be JSON.
 */
enum raw_json_step raw_json_byte(struct raw_json *j, char c);

/* A part of a text, borrowed from it; `p` NULL: none. */
struct raw_slice {
	const char *p;
	size_t n;
};

/* A member's value in an object that json_parse accepts. */
struct raw_slice raw_json_member(struct raw_slice object, const char *name);

/*
 * A copy of a text that json_parse accepts, with the raw line breaks that
 * models leave in strings escaped, so that strict parsers accept it as well.
 */
char *raw_json_repaired(struct arena *a, const char *p, size_t n);

#endif
