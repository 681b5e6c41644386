/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CREDENTIAL_QUOTAS_H
#define APP_RELAY_CREDENTIAL_QUOTAS_H

#include "app/relay/service_call.h"
#include "upstream/quota.h"

#define CREDENTIAL_PLAN_NOTE "plan" /* what Kimi calls the account's plan */

/* Asks Kimi what is left of the account, and keeps the answer. The call is of a
 * service that has quotas, and has its bearer … */
bool credential_quotas_ask(struct service_call *c, struct quota_list *list);

/* … or gets it here. */
bool credential_quotas_refresh(struct service_call *c, struct quota_list *list);

#endif
