/* SPDX-License-Identifier: MIT */
/* Headers that the SDKs of OpenAI and Anthropic read alike. */
#include "dialect/retry_headers.h"

#include <stdio.h>

/* SDKs retry every 429 and 5xx, but these do not pass by themselves. */
static bool is_final(enum error_kind kind)
{
	return kind == ERROR_QUOTA || kind == ERROR_TOKEN_LIMIT ||
	       kind == ERROR_SETUP || kind == ERROR_OUR_CREDENTIAL;
}

void retry_headers_add(struct response *r, const struct error *e)
{
	char number[32];

	if (is_final(e->kind))
		response_header(r, "x-should-retry", "false");
	if (e->retry_after_ms <= 0)
		return;
	snprintf(number, sizeof(number), "%lld",
		 (long long)(e->retry_after_ms + 999) / 1000);
	response_header(r, "Retry-After", number);
	snprintf(number, sizeof(number), "%lld", (long long)e->retry_after_ms);
	response_header(r, "retry-after-ms", number);
}
