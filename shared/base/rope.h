/* SPDX-License-Identifier: MIT */
#ifndef BASE_ROPE_H
#define BASE_ROPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* Bytes that are made when they are read, possibly more than once. */
struct rope_source {
	int64_t size;

	/* Fills `p` with `n` bytes from `offset`, all of which exist. */
	bool (*read)(void *ctx, int64_t offset, void *p, size_t n,
		     struct error *e);
	void *ctx;
};

/* A source whose bytes follow those at `text.p[0..at)`; its own begin at
 * `begin` of the whole. */
struct rope_piece {
	size_t at;
	int64_t begin;
	struct rope_source source;
};

/*
 * A text, most of which may be elsewhere: short pieces are appended to `text`,
 * long ones are lent. So a request's long messages are not copied into the body
 * for Kimi.
 */
struct rope {
	struct arena *arena;
	struct buf text;
	struct rope_piece *pieces; /* in the arena */
	size_t n, room;
	int64_t lent;  /* bytes of all sources */
	int64_t limit; /* of the whole, in bytes */
};

/* The caller ends it with rope_fini. */
void rope_init(struct rope *r, struct arena *a, size_t limit);
void rope_fini(struct rope *r);

/* Puts what the source reads at the end; `ctx` must live as long. */
void rope_lend(struct rope *r, const struct rope_source *source);

int64_t rope_size(const struct rope *r);

/* Whether it became larger than its limit, or had no memory to do so. */
bool rope_full(const struct rope *r);

/* Fills `p` with `n` bytes from `offset`, all of which exist. False when a
 * source fails. */
bool rope_read(const struct rope *r, int64_t offset, void *p, size_t n,
	       struct error *e);

#endif
