/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether all of it is well-formed UTF-8 (RFC 3629: no surrogates). */
bool utf8_valid(const char *p, size_t n);

/*
 * The length without a sequence that the end cuts off: equal to `n` unless
 * the last one to three bytes begin a sequence that is not whole yet.
 */
size_t utf8_whole(const char *p, size_t n);

/*
 * Decodes the sequence at `*p`, which must be before `end`, and moves `*p`
 * behind it. Malformed input gives U+FFFD and moves by one byte.
 */
uint32_t utf8_next(const char **p, const char *end);

/* Makes a text well-formed in place: "?" for each byte that is not. */
void utf8_mend(char *text);

/* Characters (code points), as OpenAI counts annotation offsets. */
size_t utf8_count(const char *p, size_t n);

#endif
