/* SPDX-License-Identifier: MIT */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Characters that encode `n` bytes, padding included. */
#define BASE64_LENGTH(n) (((n) + 2) / 3 * 4)

/*
 * Whether `n` characters are base64 (RFC 4648, section 4) without white space;
 * the padding may be missing. `*bytes` is the decoded size.
 */
bool base64_check(const char *s, size_t n, size_t *bytes);

/* Decodes the bytes [offset, offset + n) of a text that base64_check accepted,
 * without reading what comes before. */
void base64_read(const char *s, size_t offset, void *p, size_t n);

/* Writes BASE64_LENGTH(n) characters and no NUL. To encode in pieces, make all
 * but the last a multiple of three bytes. */
void base64_write(const void *p, size_t n, char *out);

/*
 * Decodes base64, whose padding must be there, into `out`, which has room for
 * `n` bytes. False if malformed.
 */
bool base64_decode(const char *s, size_t n, void *out, size_t *length);

/* Decodes base64url without padding (RFC 7515), into the arena and with a NUL
 * at its end. NULL if malformed. */
char *base64url_decode(struct arena *a, const char *s, size_t n);

#endif
