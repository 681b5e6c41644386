/* SPDX-License-Identifier: MIT */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* White space of ASCII: blank, tab, line break, vertical tab, form feed. */
bool text_is_space(char c);

/* Whether both are the same text; either may be NULL. */
bool text_same(const char *a, const char *b);

/* Trims white space off both ends of the `*n` bytes at `p`: returns where the
 * trimmed text begins and sets `*n` to its length. Nothing is modified. */
const char *text_trim(const char *p, size_t *n);

/* The same for a C string, in place: the result is within `s`. */
char *text_trim_in_place(char *s);

/* At most so many bytes of a text, without half a character at the end: the text
 * itself where it is no longer, else a copy. */
const char *text_cut(struct arena *a, const char *text, size_t most);

#endif
