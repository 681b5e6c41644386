/* SPDX-License-Identifier: MIT */
/* Whether failures are due to credentials or to the request. */
#include "app/relay/blame_internal.h"

#include "upstream/cooldown.h"

/* What Kimi says of rates, quotas and keys is about the account, as is a time
 * that it names and whatever is known better than by its kind. */
static bool may_be_request(const struct error *why)
{
	if (cooldown_is_named(why))
		return false;
	return why->kind == ERROR_UPSTREAM || why->kind == ERROR_TIMEOUT ||
	       why->kind == ERROR_OVERLOADED ||
	       (why->kind == ERROR_FORBIDDEN && why->cooldown_ms == 0);
}

void blame_nobody(struct blame *b)
{
	struct error ignored;

	if (b->suspect != NULL)
		store_credential_clear(b->store, b->suspect, b->until,
				       &ignored);
	b->suspect = NULL;
}

static bool convicts_request(const struct blame *b,
			     const struct credential *credential,
			     const struct error *why)
{
	return !b->on_request && b->suspect != NULL &&
	       b->suspect != credential && b->kind == why->kind &&
	       b->status == why->status;
}

bool blame_failure(struct blame *b, const struct credential *credential,
		   struct error *why)
{
	if (!may_be_request(why)) {
		candidates_cool_down(b->store, credential, why);
		return false;
	}
	if (convicts_request(b, credential, why)) {
		b->on_request = true;
		blame_nobody(b);
		return true;
	}
	if (b->on_request)
		return false;
	b->until = candidates_cool_down(b->store, credential, why);
	b->suspect = credential;
	b->kind = why->kind;
	b->status = why->status;
	return false;
}
