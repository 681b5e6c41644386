/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_RAW_JSON_H
#define EMULATE_RAW_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"

/*
 * JSON that a model wrote, as text: where it ends while it still comes, and
 * parts of it as they stand, with numbers that a tree would round.
 */
struct raw_json {
	size_t depth; /* objects and arrays that are open */
	bool in_string, escaped;
	char open[JSON_MAX_DEPTH]; /* the bracket that closes each */
};

enum raw_json_step { RAW_JSON_MORE, RAW_JSON_END, RAW_JSON_BAD };

/*
 * One byte more, the first being '{' or '['. END with the bracket that closes
 * that; BAD where no JSON goes on so. It checks brackets and strings only:
 * what ended well may still be no JSON.
 */
enum raw_json_step raw_json_byte(struct raw_json *j, char c);

/* A part of a text, borrowed from it; `p` NULL: there is none. */
struct raw_slice {
	const char *p;
	size_t n;
};

/* A member's value in an object that json_parse has accepted. */
struct raw_slice raw_json_member(struct raw_slice object, const char *name);

/*
 * A copy of what json_parse has accepted, with the line breaks that models
 * leave in strings as escapes: then strict readers accept it, too.
 */
char *raw_json_mended(struct arena *a, const char *p, size_t n);

#endif
