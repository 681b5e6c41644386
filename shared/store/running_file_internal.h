/* SPDX-License-Identifier: MIT */
#ifndef STORE_RUNNING_FILE_INTERNAL_H
#define STORE_RUNNING_FILE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/lease_owners_internal.h"

/*
 * Private to the store: memory that outlives its process. It is a file beside
 * the database that all processes map, cut into blocks of which each belongs to
 * a process or to nobody. A process writes to its blocks without a system call.
 * However it ends, the kernel has what it wrote, and the next process finds
 * blocks whose owner is dead: owners are those of lease_owners_internal.h, with
 * their locks on this file. Blocks that nobody owns hold zeros.
 *
 * What a machine had when it stopped is not trusted: the first process after
 * that clears it.
 */
#define RUNNING_BLOCKS 8192
#define RUNNING_BLOCK_SIZE 8192

/* So many blocks a process can give up at a time. */
#define RUNNING_GIVEN_UP 64

struct running_block {
	_Atomic uint32_t used;	/* bytes that are whole */
	_Atomic uint32_t next;	/* the number of the next block; 0: none */
	_Atomic uint64_t first; /* 1: the chain that begins here counts */
	char bytes[RUNNING_BLOCK_SIZE - 16];
};

/* How often a key was refused; see refusals.c. */
struct running_refusals {
	_Atomic uint64_t id; /* of the key; 0: nobody's */
	_Atomic int64_t minute;
	_Atomic uint32_t rows;	    /* of that minute */
	_Atomic uint32_t unwritten; /* without a row, and not counted yet */
	char fingerprint[72];
};

#define RUNNING_REFUSALS 80

struct running_map;

struct running_file {
	pthread_mutex_t lock; /* to open it, and to make it longer */
	struct lease_owners owners;
	bool tried;
	_Atomic(struct running_map *) map;   /* NULL: not open */
	_Atomic uint32_t blocks;	     /* that it has */
	uint32_t given_up[RUNNING_GIVEN_UP]; /* with the lock; 0: none */
	struct running_refusals own[RUNNING_REFUSALS]; /* without a file */
};

void running_file_init(struct running_file *f, const char *database);
void running_file_fini(struct running_file *f);

/* Opens it when it is first needed. False where a file cannot be locked or
 * mapped; that is tried once. */
bool running_file_open(struct running_file *f);

/* An empty block for this process, by its number, from 1; 0 if none is left. */
uint32_t running_file_claim(struct running_file *f);

/* Any block that the file has; NULL if it has none of that number. */
struct running_block *running_file_block(struct running_file *f, uint32_t n);

/* Overwrites a block, and frees it: one of this process, or in a transaction
 * that writes one of a dead process. */
void running_file_free(struct running_file *f, uint32_t n);

/* Calls `each` for all blocks of a chain, the first one first. It may free
 * them. */
void running_file_each_of(struct running_file *f, uint32_t first,
			  void (*each)(void *ctx, uint32_t n), void *ctx);

/* Frees all blocks of a chain. */
void running_file_free_all(struct running_file *f, uint32_t first);

/* Gives up a block of this process, as if it were of a dead one. If there are
 * too many of them, it becomes one at the process's end. */
void running_file_give_up(struct running_file *f, uint32_t n);

/* Before it is freed; does nothing for others. */
void running_file_take_back(struct running_file *f, uint32_t n);

/* Calls `found` for each block whose owner is dead, and those given up. */
void running_file_each_dead(struct running_file *f,
			    void (*found)(void *ctx, uint32_t n), void *ctx);

/* Calls `found` for each block whose owner is alive. */
void running_file_each_alive(struct running_file *f,
			     void (*found)(void *ctx, uint32_t n), void *ctx);

/* RUNNING_REFUSALS of them: of all processes, or of this one without a file. */
struct running_refusals *running_file_refusals(struct running_file *f);

/* 0: nobody's. */
int64_t running_file_owner(struct running_file *f, uint32_t n);

#endif
