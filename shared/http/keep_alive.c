/* SPDX-License-Identifier: MIT */
/* When a streaming client needs a sign of life. */
#include "http/keep_alive.h"

#include "base/clock.h"

void keep_alive_init(struct keep_alive *k, int64_t every_ms)
{
	*k = (struct keep_alive){ .every_ms = every_ms, .last_ms = clock_ms() };
}

void keep_alive_wrote(struct keep_alive *k, const struct sink *sink)
{
	if (sink->pending)
		k->last_ms = clock_ms();
}

int64_t keep_alive_due_in(const struct keep_alive *k, int64_t now)
{
	return k->last_ms + k->every_ms - now;
}
