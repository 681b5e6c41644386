/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_ESCAPE_INTERNAL_H
#define BASE_JSON_ESCAPE_INTERNAL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/rope.h"

/* Room for one escaped character. */
#define JSON_ESCAPE_SIZE 8

/* How many bytes of a text come before one that JSON wants escaped. */
size_t json_escape_plain(const char *p, size_t n);

/* Writes the escape of a character and returns its length. */
size_t json_escape_put(char *out, char c);

/* What is between the quotation marks of a string; the text is borrowed. */
struct rope_source json_escape_source(struct arena *a, const char *p, size_t n);

#endif
