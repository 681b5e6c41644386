/* SPDX-License-Identifier: MIT */
/* The Open Platform: what is left of the money. */
#include "upstream/api/balance.h"

#include <math.h>
#include <string.h>

#include "upstream/api/json_call.h"
#include "upstream/hosts.h"

/* Accounts of mainland China pay in yuan. */
static const char *currency_of(const char *host)
{
	const char *region = hosts_region(host);

	return region != NULL && strcmp(region, "cn") == 0 ? "CNY" : "USD";
}

static void add(struct quota_list *list, const char *name, const cJSON *v,
		const char *currency)
{
	struct quota q = quota_named(name);

	if (!cJSON_IsNumber(v))
		return;
	q.remaining = llround(v->valuedouble * (double)QUOTA_NANO);
	q.currency = currency;
	quota_add(list, &q);
}

/* The vouchers and the cash are parts of what is available. */
bool balance_quotas(struct upstream_call *call,
		    const struct api_service *service, struct quota_list *list)
{
	const cJSON *body = json_call_get(call, service, "/users/me/balance");
	const char *currency;

	if (body == NULL)
		return false;
	currency = currency_of(hosts_first(call, service->urls));
	add(list, "balance", json_at(body, "data.available_balance"), currency);
	return true;
}
