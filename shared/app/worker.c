/* SPDX-License-Identifier: MIT */
/* Takes a request from its head through its route to its handler. */
#include "app/worker.h"

#include <string.h>
#include <unistd.h>

#include "app/auth.h"
#include "app/conversation_id.h"
#include "app/cors.h"
#include "app/exchange.h"
#include "app/pruning.h"
#include "app/request_log.h"
#include "app/request_row.h"
#include "app/routes.h"
#include "app/unsupported.h"

/* All paths below speak Anthropic's API, routes or not. */
#define MESSAGES "/v1/messages"

/* How many times larger a body is once it is decoded. */
#define USUAL_DECODED 4

void worker_init(struct worker *w, struct app_list *apps)
{
	*w = (struct worker){ .apps = apps };
	arena_init(&w->arena);
	http_client_init(&w->http);
	w->http.loading = &apps->loading;
}

void worker_fini(struct worker *w)
{
	http_client_fini(&w->http);
	arena_fini(&w->arena);
}

/* How errors are spelled before a route is found. */
static const struct dialect *dialect_of(const struct http_request *r)
{
	for (size_t i = 0; i < r->n_paths; i++) {
		const char *at = strstr(r->paths[i], MESSAGES);

		if (at != NULL && (at[strlen(MESSAGES)] == '\0' ||
				   at[strlen(MESSAGES)] == '/'))
			return &dialect_anthropic_messages;
	}
	return &dialect_openai_chat;
}

/* Reads the request's head and prepares the response's. */
static bool read_head(struct exchange *x, struct error *e)
{
	bool ok = http_request_head(&x->request, x->arena, x->gateway,
				    x->app->config.prefix, e);

	x->dialect = dialect_of(&x->request);
	response_init(&x->response, &x->sink,
		      strcmp(x->request.method, "HEAD") == 0);
	x->response.id = x->id;
	response_header(&x->response, "x-request-id", x->id);
	response_header(&x->response, "request-id", x->id);
	cors_headers(x);
	return ok;
}

/* The route's row; NULL with a filled error. */
static const struct route *find_route(struct exchange *x, struct error *e)
{
	struct router_match m;

	if (!router_find(&m, routes, &x->request, x->arena, e)) {
		if (m.allow != NULL)
			response_header(&x->response, "Allow", m.allow);
		else
			unsupported_explain(x, e);
		return NULL;
	}
	x->dialect = m.route->dialect;
	x->replies = m.route->replies;
	x->reports = m.route->reports;
	memcpy(x->params, m.params, sizeof(x->params));
	return m.route;
}

/* Before the body is read; a body that is refused is read and discarded. */
static bool take_memory(struct exchange *x, struct error *e)
{
	const struct config *c = &x->app->config;
	int64_t n = x->request.left;

	if (x->request.encoding_name != NULL)
		n = n < c->max_body / USUAL_DECODED ? n * USUAL_DECODED :
						      c->max_body;
	x->request.share = &x->share;
	return n <= MEMORY_SMALL || n > c->max_body ||
	       memory_share_take(&x->share, n, c->queue_ms, e);
}

static bool read_body(struct exchange *x, struct error *e)
{
	size_t max = (size_t)x->app->config.max_body;

	if (!take_memory(x, e))
		return false;
	if (http_request_body(&x->request, max, e))
		return true;
	if (e->kind == ERROR_TOO_LARGE)
		error_set(
			e, ERROR_TOO_LARGE,
			"The request body is larger than %zu bytes%s (setting "
			"KIMI_MAX_BODY).",
			max,
			x->request.encoding == NULL ? "" : " after decoding");
	return false;
}

/* There is only /healthz. What is wrong with the server is for the log, and for
 * those who have a key, unless anybody may know. */
static bool serve_nothing(struct exchange *x, const struct error *why,
			  bool anybody, struct error *e)
{
	struct router_match m;

	if (router_find(&m, routes, &x->request, x->arena, e) &&
	    m.route->serve == serve_health) {
		serve_health(x);
		return true;
	}
	x->note = arena_copy(x->arena, why->message);
	if (anybody || auth_server_key(x))
		*e = *why;
	else
		error_set(e, ERROR_SETUP,
			  "This server's configuration is wrong; its log says "
			  "what.");
	return false;
}

/* Who knows that the database is there might try to download it. */
static bool serve_misplaced(struct exchange *x, const struct error *why,
			    struct error *e)
{
	const char *path = x->app->config.db_path;

	log_line(&x->app->log, LOG_ERROR, x->id, "database", "%s (%s)",
		 why->message, path);
	return serve_nothing(x, why, access(path, F_OK) != 0, e);
}

/* ERROR_SETUP: serve_misplaced. */
static bool database_has_place(struct exchange *x, struct error *e)
{
	struct app *app = x->app;

	return document_root_check(&app->roots, &x->request,
				   app->config.db_path, app->path != NULL, e);
}

/* The body of a caller who is not let in is not kept. */
static bool let_in(struct exchange *x, const struct route *route,
		   struct error *e)
{
	struct caller caller;

	return conversation_id_find(x, e) &&
	       (route->open || auth_check(x, &caller, e)) &&
	       (!route->replies || request_row_begin(x, e)) &&
	       (route->reads_body || read_body(x, e));
}

static bool serve(struct exchange *x, struct error *e)
{
	const struct route *route;
	struct error why;

	if (x->app->broken)
		return serve_nothing(x, &x->app->error,
				     x->app->refused || x->app->config.unread,
				     e);
	if (!database_has_place(x, &why))
		return serve_misplaced(x, &why, e);
	if (strcmp(x->request.method, "OPTIONS") == 0) {
		http_request_skip(&x->request);
		cors_preflight(x);
		return true;
	}
	route = find_route(x, e);
	if (route == NULL || !let_in(x, route, e))
		return false;
	route->serve(x);
	return true;
}

void worker_serve(struct worker *w, const struct gateway *g)
{
	struct exchange x;
	struct error e;

	exchange_init(&x, w->apps, &w->http, &w->arena, g);
	w->http.settings = &x.app->http;
	w->http.watch = NULL;
	if (!read_head(&x, &e) || !serve(&x, &e))
		exchange_fail(&x, &e);
	request_row_end(&x);
	exchange_finish(&x);
	request_log_write(&x);
	exchange_end(&x);
	arena_reset(&w->arena);
	memory_share_give_back(&x.share);
	w->http.settings = NULL; /* which go with the app */
	if (g->detach != NULL)	 /* the client has the whole response */
		app_prune(x.app);
	app_release(w->apps, x.app);
}

void worker_refuse(struct app_list *apps, const struct gateway *g,
		   const struct error *why)
{
	struct exchange x;
	struct arena arena;
	struct error e;

	arena_init(&arena);
	exchange_init(&x, apps, NULL, &arena, g);
	exchange_fail(&x, read_head(&x, &e) && find_route(&x, &e) ? why : &e);
	if (!x.app->broken && database_has_place(&x, &e))
		request_row_end(&x);
	exchange_finish(&x);
	request_log_write(&x);
	exchange_end(&x);
	arena_fini(&arena);
	app_release(apps, x.app);
}
