/* SPDX-License-Identifier: MIT */
/* What is left of a key's limits per minute, as OpenAI says it. */
#include "dialect/openai/rate_headers.h"

#include <inttypes.h>
#include <stdio.h>

#include "dialect/rate_headers.h"

static const struct rate_header_names request_names = {
	"x-ratelimit-limit-requests",
	"x-ratelimit-remaining-requests",
	"x-ratelimit-reset-requests",
};

static const struct rate_header_names token_names = {
	"x-ratelimit-limit-tokens",
	"x-ratelimit-remaining-tokens",
	"x-ratelimit-reset-tokens",
};

/* As Go writes it: 12ms, 1.674s, 6m0s. */
static void write_duration(char *out, size_t size, int64_t ms)
{
	int64_t seconds = ms / 1000, rest = ms % 1000;

	if (seconds == 0 && rest > 0)
		snprintf(out, size, "%" PRId64 "ms", rest);
	else if (seconds < 60 && rest > 0)
		snprintf(out, size, "%" PRId64 ".%03" PRId64 "s", seconds,
			 rest);
	else if (seconds < 60)
		snprintf(out, size, "%" PRId64 "s", seconds);
	else
		snprintf(out, size, "%" PRId64 "m%" PRId64 "s", seconds / 60,
			 seconds % 60 + (rest > 0));
}

static void add(struct response *r, const struct rate_header_names *names,
		const struct rate_limit *l)
{
	char reset[48];

	write_duration(reset, sizeof(reset), l->reset_ms);
	rate_headers_add(r, names, l, reset);
}

void openai_rate_headers(struct response *r, const struct rate_limit *requests,
			 const struct rate_limit *tokens)
{
	add(r, &request_names, requests);
	add(r, &token_names, tokens);
}
