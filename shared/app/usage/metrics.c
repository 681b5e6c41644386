/* SPDX-License-Identifier: MIT */
/* GET /metrics: what Prometheus reads. All of it is in the database, so that it
 * outlives processes, and is the same whichever of them is asked. */
#include <string.h>

#include "app/routes.h"
#include "app/usage/admin.h"
#include "app/usage/credential_metrics.h"
#include "app/usage/usage_metrics.h"
#include "base/clock.h"
#include "base/version.h"
#include "store/budgets.h"
#include "store/overview.h"

#define MAX_BYTES (16 * 1024 * 1024)
#define TYPE "text/plain; version=0.0.4; charset=utf-8"
#define UNDERSCORES "escaping=underscores" /* all that names need */

#define MS 1000.0 /* in a second */
#define NANO 1e9

/* --- The server ----------------------------------------------------------- */

static void put_file(struct exposition *m, const struct store_overview *o)
{
	exposition_gauge(m, "kimi_proxy_schema_version",
			 "The version of the database's schema.",
			 o->schema_version);
	exposition_gauge(m, "kimi_proxy_database_bytes",
			 "The size of the database.", (double)o->file_bytes);
	exposition_gauge(m, "kimi_proxy_database_free_bytes",
			 "Of that, what is free for new rows.",
			 (double)o->free_bytes);
	exposition_gauge(m, "kimi_proxy_database_wal_bytes",
			 "The size of the write-ahead log beside it.",
			 (double)o->log_bytes);
	exposition_gauge(m, "kimi_proxy_oldest_request_timestamp_seconds",
			 "When the oldest request began that is kept; 0 if "
			 "there is none.",
			 (double)o->oldest_at / MS);
}

static void put_keys(struct exposition *m, const struct store_overview *o)
{
	const struct {
		const char *state;
		int64_t n;
	} states[] = {
		{ "usable", o->keys },
		{ "blocked", o->blocked },
		{ "revoked", o->revoked },
		{ "expired", o->expired },
	};

	exposition_family(m, "kimi_proxy_api_keys", "gauge",
			  "API keys of the owner; revoked are also those that "
			  "were deleted.");
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		const struct exposition_label labels[] = {
			{ "state", states[i].state },
			{ NULL, NULL },
		};

		exposition_sample(m, labels, (double)states[i].n);
	}
	exposition_gauge(m, "kimi_proxy_strangers",
			 "Clients that brought credentials of their own.",
			 (double)o->strangers);
}

static bool put_server(struct exposition *m, struct store *store,
		       struct arena *a, struct error *e)
{
	const struct exposition_label version[] = {
		{ "version", KIMI_VERSION },
		{ NULL, NULL },
	};
	struct store_overview o;

	if (!store_overview_read(store, clock_wall_ms(), &o, a, e))
		return false;
	exposition_family(m, "kimi_proxy_build_info", "gauge",
			  "The version of the program.");
	exposition_sample(m, version, 1);
	exposition_gauge(m, "kimi_proxy_requests_running",
			 "Requests for a reply that run now.",
			 (double)o.running);
	put_keys(m, &o);
	put_file(m, &o);
	return true;
}

/* --- Budgets -------------------------------------------------------------- */

static void put_budget(struct exposition *m, const struct store_budget_use *u,
		       int64_t amount)
{
	bool tokens = strcmp(u->budget.unit, "tokens") == 0;
	const struct exposition_label labels[] = {
		{ "key", u->key },
		{ "period", u->budget.period },
		{ "unit", u->budget.unit },
		{ NULL, NULL },
	};

	exposition_sample(m, labels, (double)amount / (tokens ? 1 : NANO));
}

static bool put_budgets(struct exposition *m, struct exchange *x,
			struct store *store, struct error *e)
{
	struct store_budget_uses uses;

	if (!store_budgets_read_all(store, app_time_zone(x->app), &uses,
				    x->arena, e))
		return false;
	exposition_family(m, "kimi_proxy_budget_limit", "gauge",
			  "What an API key may use in the period.");
	for (size_t i = 0; i < uses.n; i++)
		put_budget(m, &uses.list[i], uses.list[i].budget.amount);
	exposition_family(m, "kimi_proxy_budget_used", "gauge",
			  "What it has used in the present period.");
	for (size_t i = 0; i < uses.n; i++)
		put_budget(m, &uses.list[i], uses.list[i].used);
	exposition_family(m, "kimi_proxy_budget_reserved", "gauge",
			  "What is reserved for its running requests.");
	for (size_t i = 0; i < uses.n; i++)
		put_budget(m, &uses.list[i], uses.list[i].reserved);
	return true;
}

/* --- All of it ------------------------------------------------------------ */

static bool put_all(struct exposition *m, struct exchange *x, struct error *e)
{
	struct store *store = admin_store(x, e);

	return store != NULL && put_server(m, store, x->arena, e) &&
	       credential_metrics_put(m, x, store, e) &&
	       put_budgets(m, x, store, e) &&
	       usage_metrics_put(m, store, x->arena, e) &&
	       (!m->out->full ||
		error_set(e, ERROR_INTERNAL, "The metrics exceed %d MiB.",
			  MAX_BYTES / (1024 * 1024)));
}

static const char *type_for(const struct exchange *x)
{
	const char *accept = http_request_header(&x->request, "HTTP_ACCEPT");

	return accept != NULL && strstr(accept, UNDERSCORES) != NULL ? TYPE
		       "; " UNDERSCORES :
								       TYPE;
}

void serve_metrics(struct exchange *x)
{
	struct exposition m = { .out = arena_buf(x->arena, MAX_BYTES) };
	struct error e;

	if (!put_all(&m, x, &e)) {
		exchange_fail(x, &e);
		return;
	}
	response_bytes(&x->response, type_for(x), (int64_t)m.out->len);
	if (!x->response.no_body)
		response_piece(&x->response, m.out->p, m.out->len);
}
