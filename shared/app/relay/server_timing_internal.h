/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_SERVER_TIMING_INTERNAL_H
#define APP_RELAY_SERVER_TIMING_INTERNAL_H

#include <stdint.h>

#include "base/arena.h"
#include "http/response.h"
#include "store/attempts.h"

/* Private to the relay: where the time of a request went, as the header
 * Server-Timing of a whole reply. */
struct server_timing {
	const struct store_attempt *served; /* gave the reply; NULL: none did */
	int64_t total_ms, db_ms;
};

void server_timing_put(struct arena *a, struct response *r,
		       const struct server_timing *t);

#endif
