/* SPDX-License-Identifier: MIT */
/* What is left of an account. */
#include "upstream/quota.h"

#include <time.h>

#include "base/clock.h"

struct quota quota_named(const char *name)
{
	return (struct quota){ .name = name,
			       .used = QUOTA_UNKNOWN,
			       .remaining = QUOTA_UNKNOWN,
			       .whole = QUOTA_UNKNOWN,
			       .used_ppm = QUOTA_UNKNOWN,
			       .seen_at = clock_wall_ms() };
}

void quota_add(struct quota_list *list, const struct quota *q)
{
	list->items = arena_grow(list->arena, list->items, &list->room,
				 list->n + 1, sizeof(*list->items));
	list->items[list->n++] = *q;
}

int64_t quota_used_ppm(const struct quota *q)
{
	if (q->used_ppm != QUOTA_UNKNOWN)
		return q->used_ppm;
	if (q->remaining == QUOTA_UNKNOWN || q->whole == QUOTA_UNKNOWN ||
	    q->whole <= 0)
		return QUOTA_UNKNOWN;
	return (int64_t)((double)(q->whole - q->remaining) / (double)q->whole *
			 (double)QUOTA_WHOLE_PPM);
}

/* What is counted is right where both are told. */
bool quota_is_used_up(const struct quota *q)
{
	if (q->optional)
		return false;
	if (q->remaining != QUOTA_UNKNOWN)
		return q->remaining <= 0;
	return q->used_ppm != QUOTA_UNKNOWN && q->used_ppm >= QUOTA_WHOLE_PPM;
}

int64_t quota_time(const char *text)
{
	struct tm tm = { 0 };

	if (text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return 0;
	return (int64_t)timegm(&tm) * 1000;
}
