/* SPDX-License-Identifier: MIT */
/* Headers that tell what is left of a key's limits per minute. */
#include "dialect/rate_headers.h"

#include <inttypes.h>
#include <stdio.h>

static void add_number(struct response *r, const char *name, int64_t n)
{
	char value[32];

	snprintf(value, sizeof(value), "%" PRId64, n);
	response_header(r, name, value);
}

/* Beside those that every answer names. */
static void expose(struct response *r, const struct rate_header_names *names)
{
	char list[160];

	snprintf(list, sizeof(list), "%s, %s, %s", names->limit,
		 names->remaining, names->reset);
	response_header(r, "Access-Control-Expose-Headers", list);
}

void rate_headers_add(struct response *r, const struct rate_header_names *names,
		      const struct rate_limit *l, const char *reset)
{
	if (l->limit == 0)
		return;
	add_number(r, names->limit, l->limit);
	add_number(r, names->remaining, l->remaining);
	response_header(r, names->reset, reset);
	expose(r, names);
}
