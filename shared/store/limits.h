/* SPDX-License-Identifier: MIT */
#ifndef STORE_LIMITS_H
#define STORE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time_zone.h"
#include "http/rate_limit.h"

/*
 * The limits of an API key. A request of a limited key reserves what it may use
 * at most in the transaction that opens its turn, or is refused there; what it
 * did use is settled in the transaction that closes it, or by whoever finds that
 * its process was killed. So the limits hold however many processes there are.
 *
 * A limit per minute lets a whole minute's worth through at once, and what was
 * used comes back steadily. A budget is for a day, week or month of the owner's
 * calendar; a request belongs to the one in which it began.
 */

/* Output that is reserved where nobody says how much there may be. */
#define STORE_RESERVE_OUTPUT 8192

/* The largest limit per minute. */
#define STORE_MAX_PER_MINUTE 100000000

/* What a request of a limited key asks for. */
struct store_admission {
	/* 0: no limit. */
	int64_t requests_per_minute, tokens_per_minute, max_concurrent;
	int64_t stranger_tokens; /* a day */
	bool has_budgets;	 /* in the database */

	/* What it may use. */
	const char *service;
	int64_t prompt_tokens, output_tokens;
	const struct time_zone *zone;

	/* What is left of them, if it is admitted or they are why it is refused.
	 * Otherwise nobody knows: as if there were no limits. */
	struct rate_limit requests, tokens;

	/* Filled when it is admitted. */
	int64_t key_row; /* which has the limits */
	int64_t cost;	 /* nano-units */
	const char *currency;
};

#endif
