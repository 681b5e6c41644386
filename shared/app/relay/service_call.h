/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_SERVICE_CALL_H
#define APP_RELAY_SERVICE_CALL_H

#include "app/exchange.h"
#include "upstream/credential.h"
#include "upstream/upstream.h"

/* What a call of a service needs of the exchange it is made for. */
struct service_call {
	struct upstream_call
		call; /* its bearer comes from access_token_obtain */
	struct upstream_notes notes;
	struct app *app;
	struct store *store;
	const char *fingerprint; /* of the credential */
};

/* `c` must stay where it is while it is used. */
void service_call_init(struct service_call *c, struct exchange *x,
		       struct store *store, const struct credential *credential,
		       struct error *e);

#endif
