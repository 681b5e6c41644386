/* SPDX-License-Identifier: MIT */
/* What is left of a key's limits per minute, as Anthropic says it. */
#include "dialect/anthropic/rate_headers.h"

#include "base/clock.h"
#include "dialect/rate_headers.h"

static const struct rate_header_names request_names = {
	"anthropic-ratelimit-requests-limit",
	"anthropic-ratelimit-requests-remaining",
	"anthropic-ratelimit-requests-reset",
};

static const struct rate_header_names token_names = {
	"anthropic-ratelimit-tokens-limit",
	"anthropic-ratelimit-tokens-remaining",
	"anthropic-ratelimit-tokens-reset",
};

/* In seconds: not before it is true. */
static void add(struct response *r, const struct rate_header_names *names,
		const struct rate_limit *l)
{
	char reset[CLOCK_DATE_SIZE];

	clock_date(clock_wall_ms() + l->reset_ms + 999, reset);
	rate_headers_add(r, names, l, reset);
}

void anthropic_rate_headers(struct response *r,
			    const struct rate_limit *requests,
			    const struct rate_limit *tokens)
{
	add(r, &request_names, requests);
	add(r, &token_names, tokens);
}
