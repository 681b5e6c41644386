/* SPDX-License-Identifier: MIT */
/* Metrics of credentials. */
#include "app/usage/credential_metrics.h"

#include <string.h>

#include "store/credentials.h"
#include "store/quotas.h"
#include "store/slots.h"
#include "upstream/cooldown.h"
#include "upstream/upstream.h"

#define MS 1000.0 /* in a second */
#define N(array) (sizeof(array) / sizeof(*(array)))

struct one {
	const struct credential *credential;
	struct credential_state state;
	struct slot_use slots;
	struct quota_list quotas;
};

struct all {
	struct exposition *m;
	struct arena *arena;
	struct one *list;
	size_t n;
};

static const char *service_of(const struct one *one)
{
	return one->credential->upstream->name;
}

/* Names begin alike. */
static void put_family(const struct all *all, const char *name,
		       const char *help)
{
	exposition_family(all->m,
			  arena_printf(all->arena, "kimi_proxy_credential_%s",
				       name),
			  "gauge", help);
}

/* --- What is known of them ------------------------------------------------ */

/* A credential that is listed twice is one. */
static bool is_repeated(const struct credential_set *set, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(set->items[k].fingerprint,
			   set->items[i].fingerprint) == 0)
			return true;
	return false;
}

static int64_t slots_of(const struct exchange *x, const struct credential *c)
{
	const struct upstream *u = c->upstream;

	return u->slots == NULL ? 0 : u->slots(&x->app->config);
}

static bool load(struct one *one, struct exchange *x, struct store *store,
		 struct error *e)
{
	const struct credential *c = one->credential;
	int64_t most = slots_of(x, c);

	one->quotas.arena = x->arena;
	return store_credential_states(store, &c, 1, &one->state, x->arena,
				       e) &&
	       (most == 0 || store_slots_read(store, c->fingerprint, most,
					      &one->slots, e)) &&
	       store_quotas_load(store, c->fingerprint, &one->quotas, e);
}

static bool load_all(struct all *all, struct exchange *x, struct store *store,
		     struct error *e)
{
	const struct credential_set *set = exchange_credentials(x);

	all->list = arena_array(x->arena, set->n, sizeof(*all->list));
	for (size_t i = 0; i < set->n; i++) {
		struct one *one = &all->list[all->n];

		if (is_repeated(set, i))
			continue;
		one->credential = &set->items[i];
		if (!load(one, x, store, e))
			return false;
		all->n++;
	}
	return true;
}

/* --- Gauges of each ------------------------------------------------------- */

static bool available(const struct one *one, double *v)
{
	*v = one->state.cooldown_left_ms == 0;
	return true;
}

static bool cooldown_end(const struct one *one, double *v)
{
	*v = (double)one->state.cooldown_until / MS;
	return one->state.cooldown_left_ms != 0 &&
	       one->state.cooldown_until != COOLDOWN_FOREVER;
}

static bool slots(const struct one *one, double *v)
{
	*v = (double)one->slots.limit;
	return one->slots.limit > 0;
}

static bool slots_used(const struct one *one, double *v)
{
	*v = (double)one->slots.used;
	return one->slots.limit > 0;
}

static bool slots_waiting(const struct one *one, double *v)
{
	*v = (double)one->slots.waiting;
	return one->slots.limit > 0;
}

/* `value` is false for those that have none. */
static const struct gauge {
	const char *name, *help;
	bool (*value)(const struct one *one, double *v);
} gauges[] = {
	{ "available",
	  "Whether the credential can be used: 0 while it cools down.",
	  available },
	{ "cooldown_end_timestamp_seconds",
	  "When one that cools down can be used again, unless somebody has to "
	  "do something.",
	  cooldown_end },
	{ "slots", "Requests that may run at once with it.", slots },
	{ "slots_used", "Requests that run with it.", slots_used },
	{ "slots_waiting", "Requests that wait for it, and maybe for others.",
	  slots_waiting },
};

static void put_gauge(const struct all *all, const struct gauge *g)
{
	double v;

	put_family(all, g->name, g->help);
	for (size_t i = 0; i < all->n; i++) {
		const struct exposition_label labels[] = {
			{ "service", service_of(&all->list[i]) },
			{ "credential", all->list[i].credential->label },
			{ NULL, NULL },
		};

		if (g->value(&all->list[i], &v))
			exposition_sample(all->m, labels, v);
	}
}

/* --- Gauges of their accounts --------------------------------------------- */

static bool used_ratio(const struct quota *q, double *v)
{
	int64_t ppm = quota_used_ppm(q);

	*v = (double)ppm / (double)QUOTA_WHOLE_PPM;
	return ppm != QUOTA_UNKNOWN;
}

static bool balance(const struct quota *q, double *v)
{
	*v = (double)q->remaining / (double)QUOTA_NANO;
	return q->currency != NULL && q->remaining != QUOTA_UNKNOWN;
}

static bool reset(const struct quota *q, double *v)
{
	*v = (double)q->resets_at / MS;
	return q->resets_at != 0;
}

static bool seen(const struct quota *q, double *v)
{
	*v = (double)q->seen_at / MS;
	return true;
}

static const struct account_gauge {
	const char *name, *help;
	bool (*value)(const struct quota *q, double *v);
} account_gauges[] = {
	{ "quota_used_ratio",
	  "What is used of a window of the account, as Kimi said last.",
	  used_ratio },
	{ "balance", "Money that is left, as Kimi said last.", balance },
	{ "quota_reset_timestamp_seconds", "When the window ends.", reset },
	{ "quota_seen_timestamp_seconds", "When Kimi said so.", seen },
};

static void put_account(const struct all *all, const struct one *one,
			const struct account_gauge *g)
{
	double v;

	for (size_t i = 0; i < one->quotas.n; i++) {
		const struct quota *q = &one->quotas.items[i];
		const struct exposition_label labels[] = {
			{ "service", service_of(one) },
			{ "credential", one->credential->label },
			{ "window", q->name },
			{ "currency", q->currency },
			{ NULL, NULL },
		};

		if (g->value(q, &v))
			exposition_sample(all->m, labels, v);
	}
}

static void put_account_gauge(const struct all *all,
			      const struct account_gauge *g)
{
	put_family(all, g->name, g->help);
	for (size_t i = 0; i < all->n; i++)
		put_account(all, &all->list[i], g);
}

bool credential_metrics_put(struct exposition *m, struct exchange *x,
			    struct store *store, struct error *e)
{
	struct all all = { .m = m, .arena = x->arena };

	if (!load_all(&all, x, store, e))
		return false;
	exposition_gauge(m, "kimi_proxy_credentials_paused",
			 "Credentials that the owner has paused.",
			 (double)x->credentials->n_paused);
	for (size_t i = 0; i < N(gauges); i++)
		put_gauge(&all, &gauges[i]);
	for (size_t i = 0; i < N(account_gauges); i++)
		put_account_gauge(&all, &account_gauges[i]);
	return true;
}
