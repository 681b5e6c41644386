/* SPDX-License-Identifier: MIT */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct memory_waiter;

/*
 * What the large requests of a process hold together, in bytes. It is a promise,
 * not a count of allocations: who wants to hold more asks first.
 */
struct memory {
	pthread_mutex_t lock; /* for what follows */
	int64_t usual;	      /* 0: not found out yet */
	int64_t taken;
	bool closed;
	struct memory_waiter *first, *last; /* in turn */
};

void memory_init(struct memory *m);
void memory_fini(struct memory *m);

/* The process ends: nobody waits any longer, ERROR_STOPPING. */
void memory_close(struct memory *m);

/* 256 MiB, or a quarter of what this machine or container has if that is
 * less. */
int64_t memory_usual_limit(struct memory *m);

/* The part of one request; one thread at a time. */
struct memory_share {
	struct memory *memory;
	int64_t limit; /* of all together; 0: the usual one */
	int64_t size;  /* what this one has */
};

/* Shares below this size are not worth counting. */
#define MEMORY_SMALL (64 * 1024)

/*
 * Takes `n` bytes as soon as all together stay below the limit and who came
 * before has its part; at once if nobody else has any, however much it is.
 * ERROR_FULL after `wait_ms`, or if the system does not have it.
 */
bool memory_share_take(struct memory_share *s, int64_t n, int64_t wait_ms,
		       struct error *e);

/* Makes it `n` bytes at least, without waiting: others may wait for what this
 * one has. */
bool memory_share_grow(struct memory_share *s, int64_t n, struct error *e);

void memory_share_give_back(struct memory_share *s);

#endif
