/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_RATE_HEADERS_H
#define DIALECT_ANTHROPIC_RATE_HEADERS_H

#include "http/rate_limit.h"
#include "http/response.h"

/* anthropic-ratelimit-…, of the limits that there are. */
void anthropic_rate_headers(struct response *r,
			    const struct rate_limit *requests,
			    const struct rate_limit *tokens);

#endif
