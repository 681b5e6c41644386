/* SPDX-License-Identifier: MIT */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>

#include <nettle/sha2.h>

#define HASH_SIZE 65 /* 64 hex digits and a NUL */

/* SHA-256 of bytes that come in pieces, in lower-case hex. */
struct hash {
	struct sha256_ctx state;
};

void hash_init(struct hash *h);
void hash_add(struct hash *h, const void *p, size_t n);

/* Writes the hash and starts over, as hash_init does. */
void hash_end(struct hash *h, char out[HASH_SIZE]);

/* The hash of a C string. */
void hash_text(const char *s, char out[HASH_SIZE]);

#endif
