/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* Measured values, all of them. */
struct samples {
	int64_t *at;
	size_t n, room;
};

void samples_add(struct samples *s, int64_t value);

/* The value that `percent` of all do not pass; 0 if there are none. */
int64_t samples_percentile(struct samples *s, double percent);
void samples_fini(struct samples *s);

int64_t clock_us(void);	    /* CLOCK_MONOTONIC */
int64_t clock_day_us(void); /* since 1970, what the fake stamps with */

#endif
