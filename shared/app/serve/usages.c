/* SPDX-License-Identifier: MIT */
/* GET /usages: status and remaining quota of each of the caller's credentials. */
#include <string.h>

#include "app/auth.h"
#include "app/access_token.h"
#include "app/relay/service_call.h"
#include "app/routes.h"
#include "app/serve/json_response.h"
#include "store/credentials.h"
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

/* The account's limits, if its service reports them. */
static void put_windows(struct json_writer *w, struct exchange *x,
			struct store *store, const struct credential *c)
{
	const char *windows = NULL;
	struct service_call call;
	struct error e;

	if (c->upstream->usages == NULL)
		return;
	service_call_init(&call, x, store, c, &e);
	if (access_token_obtain(store, c, NULL, &call.call))
		windows = c->upstream->usages(&call.call);
	if (windows != NULL) {
		json_put_raw(w, "windows", windows);
		return;
	}
	service_call_redact(&call);
	json_put_text(w, "error", e.message);
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
