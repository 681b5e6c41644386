/* SPDX-License-Identifier: MIT */
/* Which models there are, as far as the services say. */
#include "app/relay/model_catalogue.h"

#include <string.h>

#include "app/access_token.h"
#include "app/relay/service_call.h"
#include "app/relay/candidates_internal.h"
#include "base/clock.h"
#include "store/model_lists.h"
#include "upstream/cooldown.h"
#include "upstream/services.h"

/* How long a service is left alone after it could not be asked. */
#define PAUSE_MS 60000
/* For one request; the next ones ask for the other lists. */
#define MAX_ASKED 4
#define MAX_NEAR 3
#define MAX_NAME 64

struct loader {
	struct model_catalogue *catalogue;
	struct exchange *x;
	const struct caller *caller;
	struct store *store;
	size_t room;
	int asked; /* lists that this request asked for */
};

/* Whether a request for a name that two services have goes to that one. */
static bool comes_first(const struct model *m, const struct model *other)
{
	const struct model *known = model_known(m->name, NULL);

	return known != NULL && known->upstream == m->upstream &&
	       known->upstream != other->upstream;
}

static void add(struct loader *l, const struct model *m)
{
	struct model_catalogue *c = l->catalogue;

	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->models[i].name, m->name) == 0) {
			if (comes_first(m, &c->models[i]))
				c->models[i] = *m;
			return;
		}
	c->models = arena_grow(l->x->arena, c->models, &l->room, c->n + 1,
			       sizeof(*c->models));
	c->models[c->n++] = *m;
}

/* A credential that Kimi refuses here is not tried again by the request. */
static bool obtain(struct loader *l, const struct credential *credential,
		   struct service_call *c)
{
	struct error *e = c->call.error;

	if (access_token_obtain(l->store, credential, NULL, &c->call))
		return true;
	if (cooldown_of(e->kind) == COOLDOWN_NONE)
		return false;
	candidates_tell_owner(l->x, credential, e);
	candidates_cool_down(l->store, credential, e);
	return false;
}

/* Asks the service. If that fails the old list stays valid for a while. */
static void refresh(struct loader *l, const struct credential *credential,
		    struct model_list *list)
{
	struct model_list fresh = { 0 };
	int64_t now = clock_wall_ms(), at = now;
	struct service_call c;
	struct error e;

	l->asked++;
	service_call_init(&c, l->x, l->store, credential, &e);
	if (obtain(l, credential, &c) &&
	    credential->upstream->list(&c.call, &fresh)) {
		*list = fresh;
	} else {
		at = now - l->x->app->config.models_ttl_ms + PAUSE_MS;
		service_call_redact(&c);
		log_line(&l->x->app->log, LOG_DEBUG, l->x->id, "models", "%s",
			 e.message);
	}
	store_model_list_save(l->store, credential, list, at, l->x->arena, &e);
}

/* A time to come is of before the clock was set back; a pause may be one. */
static bool is_fresh(int64_t listed_ms, int64_t ttl, int64_t now)
{
	return now < listed_ms + ttl && listed_ms <= now + PAUSE_MS;
}

/* Whether we are to ask for the list. Of all requests that find it too old, one
 * asks while the others use the old list. Without any list, each asks. */
static bool is_due(struct loader *l, const struct credential *credential,
		   int64_t listed_ms)
{
	int64_t ttl = l->x->app->config.models_ttl_ms, now = clock_wall_ms();
	struct error ignored;
	bool ours = true;

	if (credential->upstream->list == NULL ||
	    is_fresh(listed_ms, ttl, now) || l->asked == MAX_ASKED)
		return false;
	return listed_ms == 0 ||
	       !store_model_list_claim(l->store, credential, listed_ms,
				       now - ttl + PAUSE_MS, &ours, &ignored) ||
	       ours;
}

static bool list_of(struct loader *l, const struct credential *credential,
		    struct model_list *list, struct error *e)
{
	int64_t listed_ms;

	*list = (struct model_list){ 0 };
	if (l->store == NULL)
		return true;
	if (!store_model_list_load(l->store, credential, list, &listed_ms,
				   l->x->arena, e))
		return false;
	if (is_due(l, credential, listed_ms))
		refresh(l, credential, list);
	return true;
}

static void add_known(struct loader *l, const struct upstream *upstream,
		      const struct model_list *list)
{
	for (const struct model *m = upstream->models; m->name != NULL; m++) {
		struct model found = *m;

		if (upstream->current != NULL)
			found = upstream->current(m, list);
		add(l, &found);
	}
}

static void add_listed(struct loader *l, const struct model_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		add(l, &list->models[i]);
}

/* The models of all credentials of one service together. */
static bool add_service(struct loader *l, const struct upstream *upstream,
			struct error *e)
{
	struct model_list list = { 0 };
	bool listed = false;

	for (size_t i = 0; i < l->caller->n_credentials; i++) {
		const struct credential *c = &l->caller->credentials[i];

		if (c->upstream != upstream)
			continue;
		if (!list_of(l, c, &list, e))
			return false;
		if (upstream->current != NULL)
			add_known(l, upstream, &list);
		add_listed(l, &list);
		listed = listed || list.n > 0;
	}
	if (!listed && candidates_count(l->caller, upstream) > 0)
		add_known(l, upstream, &list);
	return true;
}

static bool load(struct loader *l, const struct upstream *only, struct error *e)
{
	struct model_list none = { 0 };

	*l->catalogue = (struct model_catalogue){ 0 };
	for (size_t i = 0; services[i] != NULL; i++) {
		if (only != NULL && services[i] != only)
			continue;
		if (l->caller->n_credentials == 0)
			add_known(l, services[i], &none);
		else if (!add_service(l, services[i], e))
			return false;
	}
	return true;
}

bool model_catalogue_load(struct model_catalogue *c, struct exchange *x,
			  const struct caller *caller, struct store *store,
			  const struct upstream *only, struct error *e)
{
	struct loader l = {
		.catalogue = c, .x = x, .caller = caller, .store = store
	};

	return load(&l, only, e);
}

bool model_catalogue_recall(struct model_catalogue *c, struct exchange *x,
			    const struct caller *caller, struct store *store,
			    struct error *e)
{
	struct loader l = { .catalogue = c,
			    .x = x,
			    .caller = caller,
			    .store = store,
			    .asked = MAX_ASKED };

	return load(&l, NULL, e);
}

static void update_from(struct model *m, const struct model_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->models[i].name, m->name) == 0)
			*m = list->models[i];
}

bool model_catalogue_update(struct model *m, struct exchange *x,
			    const struct caller *caller, struct store *store,
			    struct error *e)
{
	int64_t ttl = x->app->config.models_ttl_ms, now = clock_wall_ms();
	const struct upstream *upstream = m->upstream;
	struct model_list list = { 0 };

	for (size_t i = 0; upstream->lists_details && list.n == 0 &&
			   i < caller->n_credentials;
	     i++) {
		const struct credential *c = &caller->credentials[i];
		int64_t listed_ms;

		if (c->upstream != upstream)
			continue;
		if (!store_model_list_load(store, c, &list, &listed_ms,
					   x->arena, e))
			return false;
		if (is_fresh(listed_ms, ttl, now))
			update_from(m, &list);
		else
			list.n = 0;
	}
	return true;
}

const struct model *model_catalogue_find(const struct model_catalogue *c,
					 const char *name)
{
	const struct model *aliased = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct model *m = &c->models[i];

		if (strcmp(m->name, name) == 0)
			return m;
		if (aliased == NULL && m->alias != NULL &&
		    strcmp(m->alias, name) == 0)
			aliased = m;
	}
	return aliased;
}

/* How many letters must be inserted, deleted or changed (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t n = strnlen(a, MAX_NAME), m = strnlen(b, MAX_NAME);
	size_t row[MAX_NAME + 1];

	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}

const char *model_catalogue_near(const struct model_catalogue *c,
				 const char *name, struct arena *a)
{
	size_t *away = arena_array(a, c->n, sizeof(*away)), found = 0;
	const char *text = "";

	for (size_t i = 0; i < c->n; i++)
		away[i] = distance(name, c->models[i].name);

	/* Not the name itself: Kimi may have refused it. */
	for (size_t d = 1; d <= MAX_NAME && found < MAX_NEAR; d++)
		for (size_t i = 0; i < c->n && found < MAX_NEAR; i++) {
			if (away[i] != d)
				continue;
			text = arena_printf(a, "%s%s%s", text,
					    found++ == 0 ? "" : ", ",
					    c->models[i].name);
		}
	return text;
}
