/* SPDX-License-Identifier: MIT */
/* GET /usages: status and remaining quota of each of the caller's credentials. */
#include "app/auth.h"
#include "app/relay/credential_quotas.h"
#include "app/routes.h"
#include "app/serve/json_response.h"
#include "base/clock.h"
#include "store/credentials.h"
#include "store/quotas.h"
#include "upstream/cooldown.h"

/* Nothing if it is available. Without an end it cools down for good. The second
 * names are former ones, for scripts that use them. */
static void put_cooldown(struct json_writer *w,
			 const struct credential_state *state)
{
	const char *reason = error_name(state->cooldown_kind);
	int64_t until = state->cooldown_until;

	if (state->cooldown_left_ms == 0)
		return;
	json_put_text(w, "cooldown_reason", reason);
	json_put_text(w, "rests_because_of", reason);
	if (until == COOLDOWN_FOREVER)
		return;
	json_put_int(w, "cooldown_until", until / 1000);
	json_put_int(w, "rests_until", until / 1000);
}

/* Points are whole numbers, money is in units of its currency. */
static void put_amount(struct json_writer *w, const char *key,
		       const struct quota *q, int64_t amount)
{
	if (amount == QUOTA_UNKNOWN)
		return;
	if (q->currency == NULL)
		json_put_int(w, key, amount);
	else
		json_put_number(w, key, (double)amount / (double)QUOTA_NANO);
}

static void put_date(struct json_writer *w, const char *key, int64_t ms)
{
	char date[CLOCK_DATE_SIZE];

	clock_date(ms, date);
	json_put_text(w, key, ms == 0 ? NULL : date);
}

static void put_quota(struct json_writer *w, const struct quota *q)
{
	json_object(w, NULL);
	json_put_text(w, "window", q->name);
	put_amount(w, "limit", q, q->whole);
	put_amount(w, "used", q, q->used);
	put_amount(w, "remaining", q, q->remaining);
	if (q->used_ppm != QUOTA_UNKNOWN)
		json_put_number(w, "used_ratio",
				(double)q->used_ppm / (double)QUOTA_WHOLE_PPM);
	if (q->currency != NULL)
		json_put_text(w, "currency", q->currency);
	put_date(w, "resets_at", q->resets_at);
	put_date(w, "seen_at", q->seen_at);
	json_close_object(w);
}

/* What is left of the account, as Kimi says now or has said last. */
static void put_windows(struct json_writer *w, struct exchange *x,
			struct store *store, const struct credential *c)
{
	struct quota_list list = { .arena = x->arena };
	struct service_call call;
	struct error e;

	if (c->upstream->quotas == NULL)
		return;
	service_call_init(&call, x, store, c, &e);
	if (!credential_quotas_refresh(&call, &list)) {
		service_call_redact(&call);
		json_put_text(w, "error", e.message);
		store_quotas_load(store, c->fingerprint, &list, &e);
	}
	json_array(w, "windows");
	for (size_t i = 0; i < list.n; i++)
		put_quota(w, &list.items[i]);
	json_close_array(w);
}

static void put_credential(struct json_writer *w, struct exchange *x,
			   struct store *store, const struct credential *c,
			   const struct credential_state *state)
{
	json_object(w, NULL);
	json_put_text(w, "object", "credential");
	json_put_text(w, "service", c->upstream->name);
	json_put_text(w, "label", c->label);
	put_cooldown(w, state);
	if (state->failure != NULL)
		json_put_text(w, "advice", state->failure);
	put_windows(w, x, store, c);
	json_close_object(w);
}

static bool put_all(struct json_writer *w, struct exchange *x, struct error *e)
{
	struct store *store = app_store(x->app, e);
	const struct credential **list;
	struct credential_state *states;
	struct caller caller;

	if (store == NULL || !auth_check(x, &caller, e))
		return false;
	list = arena_array(x->arena, caller.n_credentials, sizeof(*list));
	states = arena_array(x->arena, caller.n_credentials, sizeof(*states));
	for (size_t i = 0; i < caller.n_credentials; i++)
		list[i] = &caller.credentials[i];
	if (!store_credential_states(store, list, caller.n_credentials, states,
				     x->arena, e))
		return false;
	for (size_t i = 0; i < caller.n_credentials; i++)
		put_credential(w, x, store, list[i], &states[i]);
	return true;
}

void serve_usages(struct exchange *x)
{
	struct json_response o;
	struct json_writer *w = json_response_begin(&o, x);
	struct error e;

	json_object(w, NULL);
	json_put_text(w, "object", "list");
	json_array(w, "data");
	if (!put_all(w, x, &e)) {
		exchange_fail(x, &e);
		return;
	}
	json_close_array(w);
	json_close_object(w);
	json_response_send(&o);
}
