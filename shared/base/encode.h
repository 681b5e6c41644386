/* SPDX-License-Identifier: MIT */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define RANDOM_ID_LENGTH 24

/* `prefix` and 24 random characters of [A-Za-z0-9], about 142 bits. */
char *random_id(struct arena *a, const char *prefix);

/*
 * Decodes percent escapes once, into `out` of at least `n` + 1 bytes. False
 * on a broken escape and on control characters, escaped or not.
 */
bool percent_decode(const char *s, size_t n, char *out);

/* Leaves of a file's name, in place, what stands behind its folders, without
 * control characters and in UTF-8. */
void file_name_clean(char *name);

/* Decodes base64url without padding (RFC 7515). NULL if malformed. */
char *base64url_decode(struct arena *a, const char *s, size_t n);

/*
 * Decodes base64 with its padding (RFC 4648) into `out`, which has room for
 * `n` bytes. False if malformed.
 */
bool base64_decode(const char *s, size_t n, void *out, size_t *length);

#endif
