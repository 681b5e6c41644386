/* SPDX-License-Identifier: MIT */
/* What requests cost. In integers: their sums are exact. */
#include "store/price.h"

/* Micro-units per million tokens are a thousandth of a nano-unit each. */
#define PER_NANO 1000
#define PER_SEARCH (INT64_C(1000) * PER_NANO)

/* False if the price is needed and unknown, or the sum too great. */
static bool add(int64_t *sum, int64_t n, int64_t rate)
{
	int64_t part;

	if (n == 0)
		return true;
	return rate != PRICE_UNKNOWN &&
	       !__builtin_mul_overflow(n, rate, &part) &&
	       !__builtin_add_overflow(*sum, part, sum);
}

static int64_t at_least_0(int64_t n)
{
	return n < 0 ? 0 : n;
}

bool price_cost(const struct price_rates *p, const struct chat_usage *u,
		int64_t *nano)
{
	int64_t fresh = at_least_0(u->prompt - u->cached - u->cache_write);
	int64_t short_writes = at_least_0(u->cache_write - u->cache_write_1h);
	int64_t searches, sum = 0;

	*nano = 0;
	if (u->source == CHAT_USAGE_NONE ||
	    __builtin_mul_overflow(u->searches, PER_SEARCH, &searches) ||
	    !add(&sum, fresh, p->input) || !add(&sum, u->cached, p->cached) ||
	    !add(&sum, short_writes, p->cache_write) ||
	    !add(&sum, u->cache_write_1h, p->cache_write_1h) ||
	    !add(&sum, u->completion, p->output) ||
	    !add(&sum, searches, p->per_search))
		return false;
	*nano = sum / PER_NANO + (sum % PER_NANO >= PER_NANO / 2);
	return true;
}
