/* SPDX-License-Identifier: MIT */
#ifndef STORE_USAGE_BOUNDS_H
#define STORE_USAGE_BOUNDS_H

#include <stdint.h>

/* The sums of usage say how many requests took at most so long. */
#define USAGE_BOUNDS 7
extern const int64_t usage_bounds_ms[USAGE_BOUNDS];

#endif
