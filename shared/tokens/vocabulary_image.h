/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_VOCABULARY_IMAGE_H
#define TOKENS_VOCABULARY_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The compiled form of a vocabulary, in this machine's byte order:
 *
 *     struct image_header
 *     struct image_slot[n_slots]    hash table, open addressing
 *     uint32_t[n_tokens + 1]        where each token begins in the text
 *     text                          all tokens by rank, one after the other
 */
#define IMAGE_MAGIC "kimi-voc"
#define IMAGE_VERSION 1
#define IMAGE_BYTE_ORDER 0x01020304

/* The state of the source file that an image was made from. */
struct image_source {
	uint64_t size;
	int64_t seconds, nanoseconds; /* of its last change */
};

struct image_header {
	char magic[8];
	uint32_t byte_order, version;
	struct image_source source;
	uint64_t size; /* of the whole image */
	uint32_t n_tokens, n_slots, longest, unused;
	uint64_t check; /* hash of all members above */
};

struct image_slot {
	uint32_t rank; /* UINT32_MAX: empty */
	uint32_t tag;  /* the hash's upper half */
};

/* The lower half of a token's hash is its first slot, modulo n_slots. */
uint64_t image_hash(const void *p, size_t n);
uint64_t image_header_check(const struct image_header *h);

/* Whether the header is sound and the image has `size` bytes. */
bool image_header_valid(const struct image_header *h, size_t size);

/* Where the parts are. */
const struct image_slot *image_slots(const void *image);
const uint32_t *image_offsets(const void *image);
const char *image_text(const void *image);

/*
 * The image of a vocabulary in tiktoken's format; the caller frees it. NULL and
 * ERROR_SETUP unless every line is right, the ranks are 0 to n - 1, no token
 * occurs twice and all 256 single bytes are tokens.
 */
void *image_build(const char *text, size_t n, const struct image_source *source,
		  size_t *size, struct error *e);

#endif
