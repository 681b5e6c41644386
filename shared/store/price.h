/* SPDX-License-Identifier: MIT */
#ifndef STORE_PRICE_H
#define STORE_PRICE_H

#include <stdbool.h>
#include <stdint.h>

#include "chat/chat.h"

/*
 * What a model costs: micro-units of a currency per million tokens, and for each
 * search. PRICE_UNKNOWN: nobody told us, so what needs it has no cost.
 */
#define PRICE_UNKNOWN (-1)

struct price_rates {
	int64_t input, cached; /* tokens of the prompt; read from the cache */
	int64_t cache_write, cache_write_1h; /* kept for 5 minutes; an hour */
	int64_t output;
	int64_t per_search;
};

/*
 * The cost of a request in nano-units, rounded once, half up. False if it is
 * unknown, as that of what nobody counted.
 */
bool price_cost(const struct price_rates *p, const struct chat_usage *u,
		int64_t *nano);

#endif
