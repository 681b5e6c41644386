/* SPDX-License-Identifier: MIT */
/* What this is, whether it can work, and answers to probes of clients. */
#include "app/serve/json_response.h"
#include "base/version.h"

static void answer(struct exchange *x, void (*put)(struct json_writer *w))
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	put(w);
	json_close_object(w);
	json_response_send(&o);
}

static void put_index(struct json_writer *w)
{
	json_put_text(w, "name", "kimi-proxy");
	json_put_text(w, "version", KIMI_VERSION);
	json_array(w, "endpoints");
	for (const struct route *r = routes; r->pattern != NULL; r++) {
		json_object(w, NULL);
		json_put_text(w, "method", r->method);
		json_put_text(w, "path", r->pattern);
		json_close_object(w);
	}
	json_close_array(w);
}

void serve_index(struct exchange *x)
{
	answer(x, put_index);
}

static void put_health(struct json_writer *w)
{
	json_put_text(w, "status", "ok");
}

void serve_health(struct exchange *x)
{
	struct error e;
	struct store *store = app_store(x->app, &e);

	if (store == NULL || !store_check(store, &e))
		exchange_fail(x, &e);
	else
		answer(x, put_health);
}

/* Claude Code asks whether anybody is there before it says more. */
void serve_hello(struct exchange *x)
{
	answer(x, put_health);
}

/*
 * GET /responses is how Codex asks for a WebSocket. At a 426 it falls back to
 * POST at once; after a 404 it would try again for long. Web servers do not
 * pass the header Upgrade on to programs, so every GET gets this answer. It
 * names no protocol to upgrade to, as none would be spoken.
 */
void serve_upgrade(struct exchange *x)
{
	struct error e;

	error_set(&e, ERROR_UPGRADE,
		  "WebSockets are not spoken here: send POST /v1/responses, "
		  "and \"stream\": true for events.");
	exchange_fail(x, &e);
}
