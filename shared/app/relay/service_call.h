/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_SERVICE_CALL_H
#define APP_RELAY_SERVICE_CALL_H

#include "app/exchange.h"
#include "upstream/credential.h"
#include "upstream/upstream.h"

/* A call of a Kimi service for an exchange, and what its callbacks need. */
struct service_call {
	struct upstream_call call; /* bearer: see access_token_obtain */
	struct credential_notes notes;
	struct app *app;
	struct store *store;
	const struct credential *credential;
};

/* Fills all but the bearer. The call points into `c`, which must not be moved;
 * `e` is where the service reports errors. */
void service_call_init(struct service_call *c, struct exchange *x,
		       struct store *store, const struct credential *credential,
		       struct error *e);

/*
 * `work` with the bearer of the credential: an access token that Kimi refuses is
 * renewed, and the work done again, once. False with what happened last.
 */
bool service_call_run(struct service_call *c,
		      bool (*work)(struct service_call *c, void *ctx),
		      void *ctx);

/* After a failure: Kimi's words may quote the credential or its token, which
 * nobody is to read. */
void service_call_redact(const struct service_call *c);

#endif
