/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_RATE_HEADERS_H
#define DIALECT_RATE_HEADERS_H

#include "http/rate_limit.h"
#include "http/response.h"

/* What a dialect calls the headers of a limit per minute. */
struct rate_header_names {
	const char *limit, *remaining, *reset;
};

/* Adds them, and lets scripts of web pages read them, unless there is no such
 * limit. `reset` is its reset_ms as the dialect writes it. */
void rate_headers_add(struct response *r, const struct rate_header_names *names,
		      const struct rate_limit *l, const char *reset);

#endif
