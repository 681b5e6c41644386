/* SPDX-License-Identifier: MIT */
/* The bounds of histograms. */
#include "store/usage_bounds.h"

const int64_t usage_bounds_ms[USAGE_BOUNDS] = { 500,   1000,  2000,  5000,
						10000, 30000, 100000 };
