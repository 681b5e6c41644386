/* SPDX-License-Identifier: MIT */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/*
 * Memory that lives as long as one request. Nothing made in an arena is freed
 * by itself; all of it goes with arena_reset. Out of memory aborts.
 */
struct arena {
	struct arena_block *blocks;
	struct arena_owned *owned;
};

void arena_init(struct arena *a);
void arena_fini(struct arena *a);

/* Drops what is owned, latest first, and keeps one small block for reuse. */
void arena_reset(struct arena *a);

/* Zeroed and aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);

/* Copies, always ended by a NUL. `s` may be NULL: then the copy is NULL. */
char *arena_copy(struct arena *a, const char *s);
char *arena_copy_n(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Ties a foreign object to the arena: `drop(object)` runs at the reset. */
void arena_own(struct arena *a, void *object, void (*drop)(void *));

#endif
