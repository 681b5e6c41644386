/* SPDX-License-Identifier: MIT */
#ifndef STORE_MINUTE_LIMITS_H
#define STORE_MINUTE_LIMITS_H

#include "http/rate_limit.h"
#include "store/api_keys.h"

/* What is left of a key's limits per minute. */
bool store_minute_limits_read(struct store *s, const struct store_api_key *k,
			      struct rate_limit *requests,
			      struct rate_limit *tokens, struct error *e);

#endif
