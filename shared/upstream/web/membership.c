/* SPDX-License-Identifier: MIT */
/* Kimi web: what is left of a subscription. */
#include "upstream/web/membership.h"

#include "upstream/web/names.h"
#include "upstream/web/request.h"

#define STATS                                                                  \
	"/apiv2/kimi.gateway.membership.v2.MembershipService/"                 \
	"GetSubscriptionStats"
#define ANSWER_MS 10000

static void add(struct quota_list *list, const cJSON *balance)
{
	const cJSON *ratio = web_names_either(balance, "amountUsedRatio",
					      "amount_used_ratio");
	struct quota q = quota_named("subscription");

	if (!cJSON_IsNumber(ratio))
		return;
	q.used_ppm =
		(int64_t)(ratio->valuedouble * (double)QUOTA_WHOLE_PPM + 0.5);
	q.resets_at = quota_time(cJSON_GetStringValue(
		web_names_either(balance, "expireTime", "expire_time")));
	quota_add(list, &q);
}

bool web_membership_quotas(struct upstream_call *call, const char *host,
			   struct quota_list *list)
{
	struct web_request q = {
		.protocol = WEB_CURRENT,
		.method = "POST",
		.url = arena_printf(call->arena, "%s" STATS, host),
		.bearer = call->bearer,
		.body = "{}",
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = ANSWER_MS,
	};
	const cJSON *reply = web_request_send(call, &q);

	if (reply != NULL)
		add(list, web_names_either(reply, "subscriptionBalance",
					   "subscription_balance"));
	return reply != NULL || q.unknown ||
	       call->error->kind == ERROR_CHAT_GONE;
}
