/* SPDX-License-Identifier: MIT */
/* GET / and /healthz: what this is and whether it can work. */
#include "app/exchange.h"
#include "base/json.h"
#include "base/version.h"

#define BODY_LIMIT 8192

static void answer(struct exchange *x, void (*put)(struct json_writer *w))
{
	struct buf *out = arena_alloc(x->arena, sizeof(*out));
	struct json_writer w;

	buf_init(out, BODY_LIMIT);
	arena_own(x->arena, out, buf_drop);
	json_writer_init(&w, out);
	json_object(&w, NULL);
	put(&w);
	json_close_object(&w);
	response_json(&x->response, 200, out->p, out->len);
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
