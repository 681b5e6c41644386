/* SPDX-License-Identifier: MIT */
/* GET /users/me/balance, as Moonshot has it: what is left of the API key's
 * budget or, of a client that brings a credential, of its account. */
#include <string.h>

#include "app/relay/credential_quotas.h"
#include "app/routes.h"
#include "app/serve/json_response.h"
#include "app/usage/own_key.h"
#include "store/quotas.h"

static bool has_money(const struct quota *q)
{
	return q->currency != NULL && q->remaining != QUOTA_UNKNOWN;
}

/* As Kimi says now or has said last. */
static bool find_in(const struct own_key *k, const struct credential *c,
		    int64_t *nano)
{
	struct quota_list list = { .arena = k->exchange->arena };
	struct service_call call;
	struct error ignored;

	if (c->upstream->quotas == NULL)
		return false;
	service_call_init(&call, k->exchange, k->store, c, &ignored);
	if (!credential_quotas_refresh(&call, &list))
		store_quotas_load(k->store, c->fingerprint, &list, &ignored);
	for (size_t i = 0; i < list.n; i++)
		if (has_money(&list.items[i])) {
			*nano = list.items[i].remaining;
			return true;
		}
	return false;
}

static double left_of(const struct own_key *k)
{
	const struct caller *caller = &k->caller;
	int64_t nano;

	if (k->money != NULL)
		return (double)own_key_left(k->money) / OWN_KEY_NANO;
	for (size_t i = 0; caller->own && i < caller->n_credentials; i++)
		if (find_in(k, &caller->credentials[i], &nano))
			return (double)nano / OWN_KEY_NANO;
	return OWN_KEY_UNLIMITED;
}

void serve_balance(struct exchange *x)
{
	struct json_response r;
	struct json_writer *w = json_response_begin(&r, x);
	struct own_key k;
	struct error e;
	double left;

	if (!own_key_load(&k, x, &e)) {
		exchange_fail(x, &e);
		return;
	}
	left = left_of(&k);
	json_object(w, NULL);
	json_put_int(w, "code", 0);
	json_object(w, "data");
	json_put_number(w, "available_balance", left);
	json_put_number(w, "voucher_balance", 0);
	json_put_number(w, "cash_balance", left);
	json_close_object(w);
	json_put_text(w, "scode", "0x0");
	json_put_bool(w, "status", true);
	json_close_object(w);
	json_response_send(&r);
}
