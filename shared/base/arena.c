/* SPDX-License-Identifier: MIT */
/* Request memory: a list of blocks, used from the front, freed together. */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Two pages with what malloc and a block have of their own: enough for a usual
 * request and its stream. */
#define FIRST_BLOCK (8192 - 64)
#define MAX_BLOCK 262144
#define FIRST_ROOM 8
#define USUAL_TEXT 128 /* longer ones are formatted twice */

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) char bytes[];
};

struct arena_owned {
	struct arena_owned *next;
	void *object;
	void (*drop)(void *);
};

static struct arena_block *block_new(size_t size)
{
	struct arena_block *b = malloc(sizeof(*b) + size);

	if (b == NULL)
		abort();
	b->next = NULL;
	b->size = size;
	b->used = 0;
	return b;
}

void arena_init(struct arena *a)
{
	arena_init_small(a, FIRST_BLOCK);
}

void arena_init_small(struct arena *a, size_t first_block)
{
	*a = (struct arena){ .first_block = first_block };
}

static void drop_owned(struct arena *a)
{
	while (a->owned != NULL) {
		struct arena_owned *o = a->owned;

		a->owned = o->next;
		o->drop(o->object);
	}
}

static void free_blocks(struct arena_block *b)
{
	while (b != NULL) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_reset(struct arena *a)
{
	struct arena_block *first;

	drop_owned(a);
	if (a->blocks == NULL)
		return;
	for (first = a->blocks; first->next != NULL;) {
		struct arena_block *next = first->next;

		free(first);
		first = next;
	}
	a->blocks = first;
	if (first->size > a->first_block) {
		free(first);
		a->blocks = NULL;
		return;
	}
	first->used = 0;
}

void arena_fini(struct arena *a)
{
	drop_owned(a);
	free_blocks(a->blocks);
	a->blocks = NULL;
}

static struct arena_block *block_for(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;
	size_t want = a->first_block;

	if (b != NULL && b->size - b->used >= size)
		return b;
	if (b != NULL)
		want = b->size * 2;
	if (want > MAX_BLOCK)
		want = MAX_BLOCK;
	if (want < size)
		want = size;
	b = block_new(want);
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b;
	void *p;

	assert(size < SIZE_MAX / 2);
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	b = block_for(a, size);
	p = b->bytes + b->used;
	b->used += size;
	return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	assert(size == 0 || count < SIZE_MAX / 2 / size);
	return arena_alloc(a, count * size);
}

void *arena_grow(struct arena *a, void *array, size_t *room, size_t wanted,
		 size_t size)
{
	size_t before = *room;
	void *bigger;

	if (wanted <= before)
		return array;
	*room = before == 0 ? FIRST_ROOM : before * 2;
	if (*room < wanted)
		*room = wanted;
	bigger = arena_array(a, *room, size);
	if (before > 0)
		memcpy(bigger, array, before * size);
	return bigger;
}

char *arena_copy_n(struct arena *a, const char *s, size_t n)
{
	char *copy;

	if (s == NULL)
		return NULL;
	copy = arena_alloc(a, n + 1);
	memcpy(copy, s, n);
	return copy;
}

char *arena_copy(struct arena *a, const char *s)
{
	return s == NULL ? NULL : arena_copy_n(a, s, strlen(s));
}

char *arena_join(struct arena *a, const char *first, const char *second)
{
	size_t n = strlen(first), m = strlen(second);
	char *text = arena_alloc(a, n + m + 1);

	memcpy(text, first, n);
	memcpy(text + n, second, m);
	return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	char usual[USUAL_TEXT], *text;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(usual, sizeof(usual), format, args);
	va_end(args);
	assert(n >= 0);
	if ((size_t)n < sizeof(usual))
		return arena_copy_n(a, usual, (size_t)n);
	text = arena_alloc(a, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return text;
}

struct buf *arena_buf(struct arena *a, size_t limit)
{
	struct buf *b = arena_alloc(a, sizeof(*b));

	arena_buf_init(a, b, limit);
	return b;
}

void arena_buf_init(struct arena *a, struct buf *b, size_t limit)
{
	buf_init(b, limit);
	arena_own(a, b, buf_drop);
}

void arena_own(struct arena *a, void *object, void (*drop)(void *))
{
	struct arena_owned *o = arena_alloc(a, sizeof(*o));

	o->object = object;
	o->drop = drop;
	o->next = a->owned;
	a->owned = o;
}
