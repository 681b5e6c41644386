/* SPDX-License-Identifier: MIT */
/* SHA-256 in hex. */
#include "base/hash.h"

#include <stdint.h>
#include <string.h>

#include <nettle/base16.h>

void hash_init(struct hash *h)
{
	sha256_init(&h->state);
}

void hash_add(struct hash *h, const void *p, size_t n)
{
	sha256_update(&h->state, n, p);
}

void hash_end(struct hash *h, char out[HASH_SIZE])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(&h->state, sizeof(digest), digest);
	base16_encode_update(out, sizeof(digest), digest);
	out[HASH_SIZE - 1] = '\0';
}

void hash_text(const char *s, char out[HASH_SIZE])
{
	struct hash h;

	hash_init(&h);
	hash_add(&h, s, strlen(s));
	hash_end(&h, out);
}
