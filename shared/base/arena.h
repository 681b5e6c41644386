/* SPDX-License-Identifier: MIT */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct buf;

/*
 * Memory for one request. Nothing allocated from an arena is freed on its own;
 * arena_reset releases all of it at once. Running out of memory aborts the
 * process. One thread at a time.
 */
struct arena {
	struct arena_block *blocks;
	struct arena_owned *owned;
	size_t first_block; /* bytes */
};

void arena_init(struct arena *a);

/* For one that usually holds no more than that. */
void arena_init_small(struct arena *a, size_t first_block);

void arena_fini(struct arena *a);

/* Drops the owned objects, latest first, and keeps one small block for reuse.
 * Every pointer into the arena is invalid afterwards. */
void arena_reset(struct arena *a);

/* Zeroed, and aligned for any type. Never NULL. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);

/*
 * For an array that grows: `array` itself while it has room for `wanted`
 * elements of `size` bytes, else a larger copy whose new elements are zero.
 * `*room` is its capacity in elements; start with NULL and 0.
 */
void *arena_grow(struct arena *a, void *array, size_t *room, size_t wanted,
		 size_t size);

/* Copies, always NUL-terminated. If `s` is NULL, so is the copy. */
char *arena_copy(struct arena *a, const char *s);
char *arena_copy_n(struct arena *a, const char *s, size_t n);
char *arena_join(struct arena *a, const char *first, const char *second);
char *arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A new, empty buffer of at most `limit` bytes, freed with the arena. */
struct buf *arena_buf(struct arena *a, size_t limit);

/* The same for a buffer that is part of something else; the struct around it
 * must live until the arena is reset. */
void arena_buf_init(struct arena *a, struct buf *b, size_t limit);

/* Ties an object to the arena: arena_reset calls `drop(object)`. */
void arena_own(struct arena *a, void *object, void (*drop)(void *));

#endif
