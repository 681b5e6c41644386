/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_MERGE_H
#define TOKENS_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "tokens/vocabulary.h"

/* Working memory, reused from piece to piece: about 40 bytes for each byte of
 * the longest piece so far. One thread at a time. */
struct merge {
	struct merge_part *parts;
	uint64_t *pairs; /* a heap of rank << 32 | start */
	size_t n_pairs, room;
};

void merge_init(struct merge *m);
void merge_fini(struct merge *m);

/*
 * Byte-pair encoding of a piece of `n` bytes: the number of its tokens, in
 * O(n log n). `ranks`, unless NULL, has room for `n` and receives them.
 */
size_t merge_piece(struct merge *m, const struct vocabulary *v, const char *p,
		   size_t n, uint32_t *ranks);

#endif
