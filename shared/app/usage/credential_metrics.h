/* SPDX-License-Identifier: MIT */
#ifndef APP_USAGE_CREDENTIAL_METRICS_H
#define APP_USAGE_CREDENTIAL_METRICS_H

#include "app/exchange.h"
#include "app/usage/exposition.h"

/* Gauges of this server's credentials: whether each can be used, how many
 * requests have it, what Kimi said last of its account. */
bool credential_metrics_put(struct exposition *m, struct exchange *x,
			    struct store *store, struct error *e);

#endif
