/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_NUMBER_INTERNAL_H
#define BASE_JSON_NUMBER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

/*
 * Numbers as they were written (RFC 8259, section 6: any size, any precision).
 * cJSON has only a double for each, which turns 9007199254740993 into
 * 9.00719925474099e+15 and 1.0 into 1.
 */

/* Room for what json_number_format writes, with its NUL. */
#define JSON_NUMBER_SIZE 32

/* The most characters of a number that cJSON reads. */
#define JSON_NUMBER_MAX 63

static inline bool json_number_begins(char c)
{
	return c == '-' || (c >= '0' && c <= '9');
}

/* The end of the number that begins at `p`. `*inexact` becomes true if a double
 * would not bring the same characters back. */
const char *json_number_end(const char *p, const char *end, bool *inexact);

/* Whether it is a number to the letter of the RFC; cJSON is more lenient. */
bool json_number_is_json(const char *p, const char *end);

/* Gives each number of the tree that a double does not bring back its own text
 * as `valuestring`; the tree is of the JSON text at `p`. */
void json_number_keep(cJSON *tree, const char *p, const char *end);

/* Overwrites a number by its value as a double and blanks, if it is JSON. A NUL
 * or what else cannot be in a number must follow it. */
void json_number_shorten(char *p, size_t n);

/* A double as JSON, in as few digits as bring it back; null if it is none. */
void json_number_format(char *out, double v);

#endif
