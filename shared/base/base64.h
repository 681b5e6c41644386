/* SPDX-License-Identifier: MIT */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Characters of `n` bytes, with padding. */
#define BASE64_LENGTH(n) (((n) + 2) / 3 * 4)

/*
 * Whether `n` characters are base64 (RFC 4648, section 4) without blanks; the
 * padding may be missing. `*bytes` is what they stand for.
 */
bool base64_check(const char *s, size_t n, size_t *bytes);

/* Decodes bytes [offset, offset + n) of a text that base64_check took, without
 * looking at what stands before. */
void base64_read(const char *s, size_t offset, void *p, size_t n);

/* Writes BASE64_LENGTH(n) characters, no NUL. Texts of several pieces have
 * multiples of three bytes in all but the last. */
void base64_write(const void *p, size_t n, char *out);

#endif
