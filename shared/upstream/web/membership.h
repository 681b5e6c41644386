/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_MEMBERSHIP_H
#define UPSTREAM_WEB_MEMBERSHIP_H

#include "upstream/quota.h"
#include "upstream/upstream.h"

/* What is left of the account's subscription, by the current protocol. A host
 * that does not know it, or an account without one, has nothing to tell. */
bool web_membership_quotas(struct upstream_call *call, const char *host,
			   struct quota_list *list);

#endif
