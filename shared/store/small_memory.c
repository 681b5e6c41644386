/* SPDX-License-Identifier: MIT */
/* Memory for SQLite under CGI. Reading the schema takes thousands of small
 * pieces, each of which costs malloc some 150 instructions: a sixth of all that
 * a process does for a list of models. */
#include "store/small_memory.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define STEP 16 /* sizes are multiples of it */
#define SMALL 512
#define BLOCK 65536

/* `next` is of a free piece; else what SQLite has begins there. */
struct piece {
	size_t size; /* bytes, with this head */
	struct piece *next;
};

#define HEAD offsetof(struct piece, next)

struct pool {
	struct piece *free[SMALL / STEP + 1];
	char *block;
	size_t left; /* bytes of the block */
};

/* SQLite gives these functions no context. A piece goes to the pool of the thread
 * that frees it. */
static _Thread_local
	__attribute__((tls_model("initial-exec"))) struct pool pool;

static struct piece *piece_of(void *memory)
{
	return (struct piece *)(void *)((char *)memory - HEAD);
}

static size_t size_for(int bytes)
{
	return ((size_t)bytes + HEAD + STEP - 1) / STEP * STEP;
}

static struct piece *take_of_block(size_t size)
{
	struct piece *p;

	if (pool.left < size) {
		pool.block = malloc(BLOCK);
		pool.left = pool.block == NULL ? 0 : BLOCK;
	}
	if (pool.block == NULL)
		return NULL;
	p = (struct piece *)(void *)pool.block;
	pool.block += size;
	pool.left -= size;
	return p;
}

static struct piece *take_small(size_t size)
{
	struct piece **free_ones = &pool.free[size / STEP];
	struct piece *p = *free_ones;

	if (p == NULL)
		return take_of_block(size);
	*free_ones = p->next;
	return p;
}

static void *take(int bytes)
{
	size_t size = size_for(bytes);
	struct piece *p = size > SMALL ? malloc(size) : take_small(size);

	if (p == NULL)
		return NULL;
	p->size = size;
	return &p->next;
}

static void give_back(void *memory)
{
	struct piece *p = piece_of(memory);

	if (p->size > SMALL) {
		free(p);
		return;
	}
	p->next = pool.free[p->size / STEP];
	pool.free[p->size / STEP] = p;
}

static int room(void *memory)
{
	return (int)(piece_of(memory)->size - HEAD);
}

static void *move(void *memory, int bytes)
{
	void *moved = take(bytes);
	int had = room(memory);

	if (moved == NULL)
		return NULL;
	memcpy(moved, memory, (size_t)(had < bytes ? had : bytes));
	give_back(memory);
	return moved;
}

static void *resize(void *memory, int bytes)
{
	struct piece *p = piece_of(memory), *moved;
	size_t size = size_for(bytes);

	if (size == p->size)
		return memory;
	if (size <= SMALL || p->size <= SMALL)
		return move(memory, bytes);
	moved = realloc(p, size);
	if (moved == NULL)
		return NULL;
	moved->size = size;
	return &moved->next;
}

static int round_up(int bytes)
{
	return (int)(size_for(bytes) - HEAD);
}

static int start(void *ctx)
{
	(void)ctx;
	return SQLITE_OK;
}

static void stop(void *ctx)
{
	(void)ctx;
}

void store_small_memory_init(void)
{
	static const sqlite3_mem_methods methods = {
		.xMalloc = take,
		.xFree = give_back,
		.xRealloc = resize,
		.xSize = room,
		.xRoundup = round_up,
		.xInit = start,
		.xShutdown = stop,
	};

	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
