/* SPDX-License-Identifier: MIT */
/* Which error a client gets when every credential failed with its own. */
#include "app/relay/error_precedence_internal.h"

#include <stddef.h>

/* Lowest first. No client can do anything about a bad credential; any client
 * can wait for a rate limit to pass. */
static const enum error_kind order[] = {
	ERROR_CREDENTIAL, ERROR_FORBIDDEN, ERROR_CLIENT_REFUSED,
	ERROR_MODEL,	  ERROR_UPSTREAM,  ERROR_TIMEOUT,
	ERROR_OVERLOADED, ERROR_QUOTA,	   ERROR_RATE_LIMIT,
};

/* 0: not in the list. */
static int rank(enum error_kind kind)
{
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (order[i] == kind)
			return (int)i + 1;
	return 0;
}

static bool is_sooner(const struct error *e, const struct error *shown)
{
	return e->kind == shown->kind && e->retry_after_ms > 0 &&
	       (shown->retry_after_ms == 0 ||
		e->retry_after_ms < shown->retry_after_ms);
}

bool error_precedence_apply(struct error *shown, const struct error *e)
{
	if (rank(e->kind) <= rank(shown->kind) && !is_sooner(e, shown))
		return false;
	*shown = *e;
	return true;
}
