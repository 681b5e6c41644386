/* SPDX-License-Identifier: MIT */
/* One request from its first byte to its log line. */
#include "app/worker.h"

#include <string.h>

#include "app/unsupported.h"
#include "app/conversation_id.h"
#include "app/cors.h"
#include "app/exchange.h"
#include "base/clock.h"
#include "base/encode.h"

/* A path family with errors of its own (openai-surface 9.2). */
#define MESSAGES "/v1/messages"

void worker_init(struct worker *w, struct app_list *apps)
{
	*w = (struct worker){ .apps = apps };
	arena_init(&w->arena);
	http_client_init(&w->http);
}

void worker_fini(struct worker *w)
{
	http_client_fini(&w->http);
	arena_fini(&w->arena);
}

const char *exchange_loggable(const struct exchange *x, const struct error *e)
{
	return cJSON_IsFalse(json_at(x->body, "store")) ? error_name(e->kind) :
							  e->message;
}

void exchange_fail(struct exchange *x, const struct error *e)
{
	http_request_skip(&x->request);
	if (x->note == NULL)
		x->note = arena_copy(x->arena, exchange_loggable(x, e));
	x->dialect->error(x->arena, &x->response, e);
}

void exchange_finish(struct exchange *x)
{
	if (x->finished)
		return;
	x->finished = true;
	x->gateway->finish(x->gateway->ctx);
}

static void exchange_init(struct exchange *x, struct arena *a,
			  struct app_list *apps, const struct gateway *g)
{
	*x = (struct exchange){
		.arena = a,
		.gateway = g,
		.app = app_find(apps, g->param(g->ctx, "KIMI_CONFIG")),
		.dialect = &dialect_openai_chat,
		.id = random_id(a, "req_"),
		.started_ms = clock_ms(),
	};
	sink_init(&x->sink, g);
}

/* How an error is spelled where no route is found, or none is looked for. */
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

/* Reads the request's head; what can be said of it goes into ours. */
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
	if (x->app->broken) {
		*e = x->app->error;
		return false;
	}
	return ok;
}

static bool route_request(struct exchange *x, struct error *e)
{
	const struct route *route;
	const char *allow;

	if (strcmp(x->request.method, "OPTIONS") == 0) {
		http_request_skip(&x->request);
		cors_preflight(x);
		return true;
	}
	route = route_find(routes, &x->request, x->arena, &x->param, &allow, e);
	if (route == NULL) {
		if (allow != NULL)
			response_header(&x->response, "Allow", allow);
		else
			unsupported_explain(x, e);
		return false;
	}
	x->dialect = route->dialect;
	if (!conversation_id_find(x, e))
		return false;
	if (!route->reads_body &&
	    !http_request_body(&x->request, (size_t)x->app->config.max_body, e))
		return false;
	route->serve(x);
	return true;
}

/* Paths are the client's and may name conversations: the log gets them, cut;
 * queries, which may hold keys, it does not. */
static void log_exchange(const struct exchange *x)
{
	log_line(&x->app->log, LOG_INFO, x->id, "request",
		 "%.16s %.100s %d %lldms%s%.300s", x->request.method,
		 x->request.n_paths > 0 ? x->request.paths[0] : "?",
		 x->response.status, (long long)(clock_ms() - x->started_ms),
		 x->note == NULL ? "" : " ", x->note == NULL ? "" : x->note);
}

static void exchange_end(struct exchange *x)
{
	exchange_finish(x);
	log_exchange(x);
	response_fini(&x->response);
}

void worker_serve(struct worker *w, const struct gateway *g)
{
	struct exchange x;
	struct error e;

	exchange_init(&x, &w->arena, w->apps, g);
	w->http.limits = &x.app->limits;
	w->http.watch = NULL;
	x.http = &w->http;
	if (!read_head(&x, &e) || !route_request(&x, &e))
		exchange_fail(&x, &e);
	exchange_end(&x);
	arena_reset(&w->arena);
}

void worker_refuse(struct app_list *apps, const struct gateway *g)
{
	struct exchange x;
	struct arena arena;
	struct error e;

	arena_init(&arena);
	exchange_init(&x, &arena, apps, g);
	if (read_head(&x, &e)) {
		error_set(&e, ERROR_FULL,
			  "All workers of this server are busy (setting "
			  "KIMI_WORKERS): try again soon.");
		e.retry_after_ms = 1000;
	}
	exchange_fail(&x, &e);
	exchange_end(&x);
	arena_fini(&arena);
}
