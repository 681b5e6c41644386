/* SPDX-License-Identifier: MIT */
/* GET /responses: Codex asks for a WebSocket here and is sent to POST. */
#include "app/exchange.h"
#include "app/routes.h"

/*
 * At a 426 Codex falls back to POST at once; after a 404 it keeps trying for a
 * while. Web servers do not pass the Upgrade header on to programs, so every
 * GET gets this answer. It has no Upgrade header of its own, as there is no
 * protocol to upgrade to.
 */
void serve_websocket(struct exchange *x)
{
	struct error e;

	error_set(&e, ERROR_UPGRADE,
		  "WebSocket is not supported: send POST /v1/responses, with "
		  "\"stream\": true for events.");
	exchange_fail(x, &e);
}
