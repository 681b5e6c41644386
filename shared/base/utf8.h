/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether all `n` bytes are well-formed UTF-8 (RFC 3629: no surrogates). */
bool utf8_valid(const char *p, size_t n);

/* How many bytes at the beginning are. */
size_t utf8_valid_length(const char *p, size_t n);

/* How many are ASCII. */
size_t utf8_ascii_length(const char *p, size_t n);

/*
 * The length without a sequence that is cut off by the end: `n` unless the last
 * one to three bytes begin a sequence that is not complete.
 */
size_t utf8_whole(const char *p, size_t n);

/*
 * Decodes the sequence at `*p`, which must be before `end`, and moves `*p` past
 * it. Malformed input gives U+FFFD and moves by one byte.
 */
uint32_t utf8_next(const char **p, const char *end);

/* Writes one code point, which is no surrogate, and returns its length: four
 * bytes at most. */
size_t utf8_put(char *out, uint32_t c);

/* Makes a C string well-formed, in place: "?" replaces each bad byte. */
void utf8_repair(char *text);

/* Code points in `n` bytes of well-formed UTF-8; OpenAI counts the offsets of
 * annotations so. */
size_t utf8_count(const char *p, size_t n);

#endif
