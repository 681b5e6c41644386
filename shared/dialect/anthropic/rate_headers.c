/* SPDX-License-Identifier: MIT */
/* What is left of a key's limits per minute, as Anthropic says it. */
#include "dialect/anthropic/rate_headers.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

/* RFC 3339, in seconds: not before it is true. */
static void write_time(char *out, size_t size, int64_t ms)
{
	time_t seconds = (time_t)((ms + 999) / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void add(struct response *r, const char *unit, const char *what,
		const char *value)
{
	char name[64];

	snprintf(name, sizeof(name), "anthropic-ratelimit-%s-%s", unit, what);
	response_header(r, name, value);
}

static void add_limit(struct response *r, const char *unit,
		      const struct rate_limit *l)
{
	char value[48];

	if (l->limit == 0)
		return;
	snprintf(value, sizeof(value), "%" PRId64, l->limit);
	add(r, unit, "limit", value);
	snprintf(value, sizeof(value), "%" PRId64, l->remaining);
	add(r, unit, "remaining", value);
	write_time(value, sizeof(value), clock_wall_ms() + l->reset_ms);
	add(r, unit, "reset", value);
}

void anthropic_rate_headers(struct response *r,
			    const struct rate_limit *requests,
			    const struct rate_limit *tokens)
{
	add_limit(r, "requests", requests);
	add_limit(r, "tokens", tokens);
}
