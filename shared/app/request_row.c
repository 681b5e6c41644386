/* SPDX-License-Identifier: MIT */
/* The row of a request that the relay did not take. */
#include "app/request_row.h"

#include "app/owner.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "store/refusals.h"

/* Of a model's name. */
#define MODEL_SIZE 128

bool request_row_begin(struct exchange *x, struct error *e)
{
	const struct store_turn turn = {
		.request = x->id,
		.owner = owner_of(x, x->caller),
		.dialect = x->dialect->name,
		.model = "",
		.ephemeral = true, /* as far as is known */
		.started_ms = clock_wall_ms(),
	};
	struct store *store = app_store(x->app, e);

	if (store == NULL)
		return false;
	x->running = store_running_begin(store, &turn, x->arena);
	return true;
}

void request_row_closed(struct exchange *x, bool ok)
{
	store_running_end(x->running, ok);
	x->running = NULL;
	x->has_row = true;
}

const char *request_row_model(const struct exchange *x, const char *name)
{
	return text_cut(x->arena, name, MODEL_SIZE);
}

static const char *model_of(const struct exchange *x)
{
	const char *name = json_text(x->body, "model");

	return name == NULL ? "" : request_row_model(x, name);
}

/* An unknown caller may come often. */
static struct store *store_for(struct exchange *x,
			       const struct store_owner *owner)
{
	struct error ignored;

	if (!app_store_is_open(x->app) &&
	    store_refusals_full(x->app->config.db_path, owner))
		return NULL;
	return app_store(x->app, &ignored);
}

static void write_refusal(struct exchange *x)
{
	int64_t duration = clock_ms() - x->started_ms;
	struct error why = *x->refusal, ignored;
	const struct caller *sender = auth_sender(x);
	struct store_owner owner;
	struct store_refusal r = {
		.request = x->id,
		.dialect = x->dialect->name,
		.model = model_of(x),
		.stream = cJSON_IsTrue(json_at(x->body, "stream")),
		.started_ms = clock_wall_ms() - duration,
		.duration_ms = duration,
		.http_status = x->response.status,
		.error = &why,
	};
	struct store *store;

	if (sender != NULL) {
		owner = owner_of(x, sender);
		r.owner = &owner;
	}
	if (exchange_loggable(x, &why) != why.message)
		*why.message = '\0';
	store = store_for(x, r.owner);
	if (store != NULL)
		store_refuse(store, &r, &ignored);
}

void request_row_end(struct exchange *x)
{
	if (x->replies && !x->has_row && x->refusal != NULL)
		write_refusal(x);
	store_running_end(x->running, true);
	x->running = NULL;
}
