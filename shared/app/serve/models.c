/* SPDX-License-Identifier: MIT */
/* GET /models and /models/{id}: one body for clients of all dialects. */
#include "app/auth.h"
#include "app/permissions.h"
#include "app/routes.h"
#include "app/relay/model_resolution.h"
#include "app/serve/json_response.h"
#include "base/clock.h"

/* Without a database only what is built in is listed. */
static struct store *find_store(struct exchange *x)
{
	struct error ignored;

	return app_store(x->app, &ignored);
}

/*
 * The models that the caller may use. No API key is needed here: without any,
 * those of the server's own credentials. A wrong one is an error, as clients
 * use this request to check their keys.
 */
static bool load(struct exchange *x, struct caller *caller, struct store *store,
		 struct model_catalogue *c, struct error *e)
{
	if (!auth_check(x, caller, e)) {
		if (e->kind != ERROR_SETUP && auth_any_key(x))
			return false;
		*caller = (struct caller){
			.credentials = exchange_credentials(x)->items,
			.n_credentials = exchange_credentials(x)->n,
		};
	}
	return model_catalogue_load(c, x, caller, store, NULL, e);
}

static void put_model(struct json_writer *w, const struct model *m)
{
	char date[CLOCK_DATE_SIZE];

	clock_date(m->created * 1000, date);
	json_object(w, NULL);
	json_put_text(w, "id", m->name);
	json_put_text(w, "object", "model");
	json_put_text(w, "type", "model");
	json_put_int(w, "created", m->created);
	json_put_text(w, "created_at", date);
	json_put_text(w, "owned_by", MODEL_OWNER);
	json_put_text(w, "display_name", m->name);
	if (m->context > 0)
		json_put_int(w, "context_length", m->context);
	json_put_bool(w, "supports_reasoning", m->traits & MODEL_THINKS);
	json_put_bool(w, "supports_image_in", m->traits & MODEL_IMAGES);
	json_put_bool(w, "supports_video_in", m->traits & MODEL_VIDEOS);
	json_close_object(w);
}

/* The body suits all dialects, but an error must be in the client's own
 * dialect. */
static void choose_dialect(struct exchange *x)
{
	if (http_request_header(&x->request, "HTTP_ANTHROPIC_VERSION") != NULL)
		x->dialect = &dialect_anthropic_messages;
}

static void keep_allowed(struct model_catalogue *c, const struct caller *caller)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (permissions_have_model(&caller->key, c->models[i].name))
			c->models[n++] = c->models[i];
	c->n = n;
}

void serve_models(struct exchange *x)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);
	struct model_catalogue c;
	struct caller caller;
	struct error e;

	choose_dialect(x);
	if (!load(x, &caller, find_store(x), &c, &e)) {
		exchange_fail(x, &e);
		return;
	}
	keep_allowed(&c, &caller);
	json_object(w, NULL);
	json_put_text(w, "object", "list");
	json_array(w, "data");
	for (size_t i = 0; i < c.n; i++)
		put_model(w, &c.models[i]);
	json_close_array(w);
	json_put_bool(w, "has_more", false);
	json_put_text(w, "first_id", c.n == 0 ? NULL : c.models[0].name);
	json_put_text(w, "last_id", c.n == 0 ? NULL : c.models[c.n - 1].name);
	json_close_object(w);
	json_response_send(&o);
}

void serve_model(struct exchange *x)
{
	struct store *store = find_store(x);
	const struct model *m = NULL;
	struct json_response o;
	struct model_catalogue c;
	struct caller caller;
	struct error e;

	choose_dialect(x);
	if (load(x, &caller, store, &c, &e)) {
		m = model_catalogue_find(&c, x->params[0]);
		if (m == NULL)
			model_resolution_missing(x, &caller, store, &c,
						 x->params[0], &e);
	}
	if (m == NULL || !permissions_check_model(&caller.key, m->name, m->name,
						  x->arena, &e)) {
		exchange_fail(x, &e);
		return;
	}
	put_model(json_response_begin(&o, x), m);
	json_response_send(&o);
}
