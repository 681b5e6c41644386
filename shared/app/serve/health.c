/* SPDX-License-Identifier: MIT */
/* GET /healthz for supervisors, GET /api/hello for Claude Code. */
#include "app/routes.h"
#include "app/serve/json_response.h"

static void send_ok(struct exchange *x)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	json_put_text(w, "status", "ok");
	json_close_object(w);
	json_response_send(&o);
}

/* Healthy means that the database can be used. */
void serve_health(struct exchange *x)
{
	struct error e;
	struct store *store = app_store(x->app, &e);

	if (store != NULL && store_check(store, 0, &e))
		send_ok(x);
	else
		exchange_fail(x, &e);
}

/* Claude Code asks this before anything else, to see if the server is up. */
void serve_hello(struct exchange *x)
{
	send_ok(x);
}
