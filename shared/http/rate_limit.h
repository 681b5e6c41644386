/* SPDX-License-Identifier: MIT */
#ifndef HTTP_RATE_LIMIT_H
#define HTTP_RATE_LIMIT_H

#include <stdint.h>

/* What is left of a limit per minute. No limit: all 0. */
struct rate_limit {
	int64_t limit, remaining;
	int64_t reset_ms; /* until all of it is there again */
};

#endif
