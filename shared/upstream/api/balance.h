/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_BALANCE_H
#define UPSTREAM_API_BALANCE_H

#include "upstream/api/service.h"
#include "upstream/quota.h"

/* What is left of an account of the Open Platform: GET /users/me/balance, in the
 * currency of the host that knows the key. */
bool balance_quotas(struct upstream_call *call,
		    const struct api_service *service, struct quota_list *list);

#endif
