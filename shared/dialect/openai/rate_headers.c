/* SPDX-License-Identifier: MIT */
/* What is left of a key's limits per minute, as OpenAI says it. */
#include "dialect/openai/rate_headers.h"

#include <inttypes.h>
#include <stdio.h>

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

static void add(struct response *r, const char *what, const char *unit,
		const char *value)
{
	char name[64];

	snprintf(name, sizeof(name), "x-ratelimit-%s-%s", what, unit);
	response_header(r, name, value);
}

static void add_limit(struct response *r, const char *unit,
		      const struct rate_limit *l)
{
	char value[48];

	if (l->limit == 0)
		return;
	snprintf(value, sizeof(value), "%" PRId64, l->limit);
	add(r, "limit", unit, value);
	snprintf(value, sizeof(value), "%" PRId64, l->remaining);
	add(r, "remaining", unit, value);
	write_duration(value, sizeof(value), l->reset_ms);
	add(r, "reset", unit, value);
}

void openai_rate_headers(struct response *r, const struct rate_limit *requests,
			 const struct rate_limit *tokens)
{
	add_limit(r, "requests", requests);
	add_limit(r, "tokens", tokens);
}
