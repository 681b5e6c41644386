/* SPDX-License-Identifier: MIT */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>

#include <nettle/sha2.h>

#define HASH_SIZE 65

/* SHA-256 of bytes that come in pieces, as 64 hex digits. */
struct hash {
	struct sha256_ctx state;
};

void hash_init(struct hash *h);
void hash_add(struct hash *h, const void *p, size_t n);

/* Ends it; what is added then begins another. */
void hash_end(struct hash *h, char out[HASH_SIZE]);

#endif
