/* SPDX-License-Identifier: MIT */
#ifndef STORE_ROTATION_NUMBERS_INTERNAL_H
#define STORE_ROTATION_NUMBERS_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Private to the store: numbers that this process has drawn from a row of the
 * table `rotation`, and not used yet. */
struct rotation_pool {
	struct rotation_pool *next;
	char *name;
	int64_t at, end; /* those that are left */
	int64_t draws;	 /* how many it draws next */
};

struct rotation_numbers {
	pthread_mutex_t lock;
	struct rotation_pool *pools;
};

void rotation_numbers_init(struct rotation_numbers *r);
void rotation_numbers_fini(struct rotation_numbers *r);

/* The next one; false if none is left: the caller then draws `*draws`, uses the
 * first and gives the others to rotation_numbers_keep. */
bool rotation_numbers_take(struct rotation_numbers *r, const char *name,
			   int64_t *number, int64_t *draws);
void rotation_numbers_keep(struct rotation_numbers *r, const char *name,
			   int64_t from, int64_t n);

#endif
