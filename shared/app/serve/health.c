/* SPDX-License-Identifier: MIT */
/* GET /healthz for supervisors, GET /api/hello for Claude Code. */
#include "app/auth.h"
#include "app/routes.h"
#include "app/serve/json_response.h"

/* For whoever has no key of this server, an answer may be this old: nobody else
 * should make it write as often as they like. */
#define AGE_MS 1000

struct health {
	const char *reasons[3]; /* why requests cannot be served */
	size_t n;
	const char *warnings[3]; /* what else its owner has to know */
	size_t n_warnings;
};

static void add_reason(struct health *h, struct exchange *x, const char *reason)
{
	h->reasons[h->n++] = arena_copy(x->arena, reason);
	x->note = x->note == NULL ?
			  h->reasons[0] :
			  arena_printf(x->arena, "%s %s", x->note, reason);
}

static void check(struct health *h, struct exchange *x, int64_t age_ms)
{
	struct error e;

	if (x->app->broken) {
		add_reason(h, x, x->app->error.message);
		return;
	}
	if (document_root_check(&x->app->roots, &x->request,
				x->app->config.db_path, x->app->path != NULL,
				&e) &&
	    app_store_check(x->app, age_ms, &e)) {
		if (exchange_credentials(x)->n == 0)
			add_reason(h, x, credential_set_empty(x->credentials));
		return;
	}
	add_reason(h, x, e.message);
	if (x->app->n_credentials == 0)
		add_reason(h, x,
			   "KIMI_TOKENS has no Kimi credentials, and those of "
			   "the database cannot be read.");
}

static void put_path(struct json_writer *w, const char *key, const char *path)
{
	if (path == NULL)
		json_put_null(w, key);
	else
		json_put_text(w, key, path);
}

/* They tell how the server is set up. */
static void write_details(struct json_writer *w, const struct health *h,
			  const struct app *app)
{
	put_path(w, "configuration", app->path);
	put_path(w, "database", app->config.db_path);
	if (h->n == 0 && h->n_warnings == 0)
		return;
	json_array(w, "reasons");
	for (size_t i = 0; i < h->n; i++)
		json_put_text(w, NULL, h->reasons[i]);
	for (size_t i = 0; i < h->n_warnings; i++)
		json_put_text(w, NULL, h->warnings[i]);
	json_close_array(w);
}

static void send(struct exchange *x, const struct health *h, bool details)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);

	json_object(w, NULL);
	json_put_text(w, "status", h->n == 0 ? "ok" : "unavailable");
	if (details)
		write_details(w, h, x->app);
	json_close_object(w);
	json_response_send_as(&o, h->n == 0 ? 200 : 503);
}

static bool is_known(struct exchange *x)
{
	struct error ignored;

	return auth_server_key(x) ||
	       (!x->app->broken &&
		document_root_check(&x->app->roots, &x->request,
				    x->app->config.db_path,
				    x->app->path != NULL, &ignored) &&
		auth_kept_key(x));
}

static void warn(struct health *h, const char *text)
{
	if (text != NULL)
		h->warnings[h->n_warnings++] = text;
}

/* What fails no chat now. */
static void look_around(struct health *h, struct exchange *x)
{
	struct error e;

	warn(h, app_reload_fault(x->app, x->arena));
	if (!log_check(&x->app->log, &e))
		warn(h, arena_copy(x->arena, e.message));
	if (h->n == 0)
		warn(h, exchange_credentials(x)->fault);
}

/* Healthy means that a chat can be answered and stored. */
void serve_health(struct exchange *x)
{
	bool known = is_known(x);
	struct health h = { .n = 0 };

	check(&h, x, known ? 0 : AGE_MS);
	if (known)
		look_around(&h, x);
	send(x, &h, known);
}

/* Claude Code asks this before anything else, to see if the server is up. */
void serve_hello(struct exchange *x)
{
	static const struct health up;

	send(x, &up, false);
}
