/* SPDX-License-Identifier: MIT */
/* What malloc keeps for itself, and what it gives back. */
#include "base/allocator.h"

#include <malloc.h>

/* A block of this size is a mapping of its own. */
#define OWN_MAPPING (128 * 1024)

/* Threads share this many pools; by default there are eight for each processor,
 * and each keeps what it has free. */
#define POOLS 4

/* glibc raises its limit each time a larger block is freed, up to 32 MiB; from
 * then on a single body of that size stays with the process forever. A limit
 * that was set stays as it is. */
void allocator_init(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
	mallopt(M_TRIM_THRESHOLD, OWN_MAPPING);
	mallopt(M_ARENA_MAX, POOLS);
#endif
}

void allocator_trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
