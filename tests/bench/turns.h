/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TURNS_H
#define BENCH_TURNS_H

#include <stdint.h>

#include "samples.h"

/* When Kimi sent the first and the last piece of an answer. */
struct turn {
	unsigned number; /* in the order in which they were asked for */
	int64_t first_us, last_us;
};

struct turns {
	struct turn *at;
	unsigned n;
};

void turns_init(struct turns *t, unsigned n);
void turns_fini(struct turns *t);

/* How long Kimi waited between one and the next, and how many were not served
 * in their turn. Sorts them. */
void turns_judge(struct turns *t, struct samples *gaps, unsigned *overtaken);

#endif
