/* SPDX-License-Identifier: MIT */
/* GET /key/info and /user/info: the API key that asks, as LiteLLM describes keys
 * and users for its clients. Each key is a user. */
#include <string.h>

#include "app/routes.h"
#include "app/serve/json_response.h"
#include "app/usage/own_key.h"

static const char *id_of(const struct own_key *k)
{
	const char *id = k->caller.key.public_id;

	return id == NULL ? k->caller.label : id;
}

/* As LiteLLM writes it. */
static const char *duration_of(const struct store_budget_use *u)
{
	static const struct {
		const char *period, *duration;
	} names[] = { { "day", "1d" }, { "week", "7d" }, { "month", "1mo" } };

	for (size_t i = 0; u != NULL && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i].period, u->budget.period) == 0)
			return names[i].duration;
	return NULL;
}

static void put_money(struct json_writer *w, const struct own_key *k,
		      const struct own_key_spending *spent)
{
	const struct store_budget_use *u = k->money;

	json_put_number(w, "spend", (double)spent->nano / OWN_KEY_NANO);
	if (u == NULL)
		json_put_null(w, "max_budget");
	else
		json_put_number(w, "max_budget",
				(double)u->budget.amount / OWN_KEY_NANO);
	json_put_text(w, "currency", spent->currency);
	json_put_text(w, "budget_duration", duration_of(u));
	own_key_put_time(w, "budget_reset_at", u == NULL ? 0 : u->span.end);
}

/* Empty: all of them. */
static void put_models(struct json_writer *w, const struct own_key *k)
{
	const struct config_list *models = &k->caller.key.models;

	json_array(w, "models");
	for (size_t i = 0; i < models->n; i++)
		json_put_text(w, NULL, models->items[i]);
	json_close_array(w);
}

static void put_limits(struct json_writer *w, const struct own_key *k)
{
	const struct store_api_key *key = &k->caller.key;

	own_key_put_limit(w, "rpm_limit", key->requests_per_minute);
	own_key_put_limit(w, "tpm_limit", key->tokens_per_minute);
	own_key_put_limit(w, "max_parallel_requests", key->max_concurrent);
}

static void put_key(struct json_writer *w, const struct own_key *k,
		    const struct own_key_spending *spent)
{
	json_put_text(w, "key", id_of(k));
	json_object(w, "info");
	json_put_text(w, "key_name", k->caller.label);
	json_put_text(w, "key_alias", k->caller.key.name);
	json_put_text(w, "user_id", id_of(k));
	json_put_null(w, "team_id");
	put_money(w, k, spent);
	put_models(w, k);
	put_limits(w, k);
	json_put_bool(w, "blocked", false);
	own_key_put_time(w, "expires", k->caller.key.expires_at);
	own_key_put_time(w, "created_at", k->caller.key.created_at);
	json_close_object(w);
}

static void put_user(struct json_writer *w, const struct own_key *k,
		     const struct own_key_spending *spent)
{
	json_put_text(w, "user_id", id_of(k));
	json_object(w, "user_info");
	json_put_text(w, "user_id", id_of(k));
	json_put_text(w, "user_alias", k->caller.key.name);
	put_money(w, k, spent);
	put_models(w, k);
	put_limits(w, k);
	json_close_object(w);
	json_array(w, "keys");
	json_close_array(w);
	json_array(w, "teams");
	json_close_array(w);
}

static void serve(struct exchange *x,
		  void (*put)(struct json_writer *w, const struct own_key *k,
			      const struct own_key_spending *spent))
{
	struct json_response r;
	struct json_writer *w = json_response_begin(&r, x);
	struct own_key_spending spent;
	struct own_key k;
	struct error e;

	if (!own_key_load(&k, x, &e) ||
	    !own_key_spent_of_budget(&k, &spent, &e)) {
		exchange_fail(x, &e);
		return;
	}
	json_object(w, NULL);
	put(w, &k, &spent);
	json_close_object(w);
	json_response_send(&r);
}

void serve_key_info(struct exchange *x)
{
	serve(x, put_key);
}

void serve_user_info(struct exchange *x)
{
	serve(x, put_user);
}
