/* SPDX-License-Identifier: MIT */
/* Which model a request gets, and what its service cannot do. */
#include "app/relay/model_resolution.h"

#include <fnmatch.h>
#include <string.h>

#include "app/relay/candidates_internal.h"
#include "app/permissions.h"
#include "upstream/services.h"

#define SEARCH_SUFFIX "-search"

/* What Claude Code appends to ask for a context of a million tokens. No model
 * is called so; Kimi's have the context that they have. */
#define WINDOW_SUFFIX "[1m]"

bool model_resolution_check(const struct chat_request *q,
			    const struct model *model,
			    const struct config *config, struct error *e)
{
	unsigned features = model->upstream->features;

	if (q->n_tools > 0 && q->tool_choice != CHAT_TOOLS_NONE &&
	    !(features & UPSTREAM_TOOLS) && !config->web_tools)
		return error_field(e, ERROR_UNSUPPORTED, "tools",
				   "The model '%.64s' does not support tools. "
				   "Use another model (GET /v1/models lists "
				   "them all), or have tools emulated "
				   "(setting KIMI_WEB_TOOLS).",
				   q->model);
	return true;
}

/* The first alias that matches counts. */
static const char *unaliased(const struct config *config, const char *name)
{
	const struct config_aliases *aliases = &config->model_aliases;

	for (size_t i = 0; i < aliases->n; i++)
		if (fnmatch(aliases->items[i].pattern, name, 0) == 0)
			return aliases->items[i].model;
	return name;
}

/* The name without the suffix; NULL if it has none. */
static const char *without(const char *suffix, const char *name,
			   struct arena *a)
{
	size_t n = strlen(name), length = strlen(suffix);

	if (n <= length || strcmp(name + n - length, suffix) != 0)
		return NULL;
	return arena_copy_n(a, name, n - length);
}

static const char *without_window(const char *name, struct arena *a)
{
	const char *rest = without(WINDOW_SUFFIX, name, a);

	return rest == NULL ? name : rest;
}

/* The name that is looked for: an alias may have the suffix, or stand for a
 * name that has it. */
static const char *plain_name(const struct config *config, const char *name,
			      struct arena *a)
{
	return without_window(unaliased(config, without_window(name, a)), a);
}

/* The known model, if the caller has a credential for it. */
static const struct model *find_known(const struct caller *caller,
				      const char *name)
{
	const struct model *known = name == NULL ? NULL :
						   model_known(name, NULL);

	if (known == NULL || candidates_count(caller, known->upstream) == 0)
		return NULL;
	return known;
}

/* A model that is in no list, but that a service may serve nevertheless. */
static bool find_unlisted(const struct caller *caller, const char *name,
			  struct model *model)
{
	if (model_known(name, NULL) != NULL)
		return false;
	for (size_t i = 0; services[i] != NULL; i++)
		if (services[i]->assume != NULL &&
		    candidates_count(caller, services[i]) > 0 &&
		    services[i]->assume(name, model))
			return true;
	return false;
}

static const char *take_suffix(struct chat_request *request, const char *base)
{
	request->search = CHAT_SEARCH_ON;
	return base;
}

static bool find_listed(const struct model_catalogue *c, const char *name,
			struct model *model)
{
	const struct model *listed = model_catalogue_find(c, name);

	if (listed != NULL)
		*model = *listed;
	return listed != NULL;
}

/* --- Why there is none --- */

/* A model that was asked for, perhaps with a suffix. */
struct wanted {
	struct exchange *x;
	const struct caller *caller;
	struct store *store;
	const char *name, *base; /* base NULL: it has none */
};

static bool have_name(struct wanted *w, const struct caller *others,
		      const char *name)
{
	struct model_catalogue c;
	struct error ignored;

	return name != NULL &&
	       model_catalogue_recall(&c, w->x, others, w->store, &ignored) &&
	       model_catalogue_find(&c, name) != NULL;
}

static bool have(struct wanted *w, const struct credential *list, size_t n)
{
	const struct caller others = { .credentials = list,
				       .n_credentials = n };

	return n > 0 && (have_name(w, &others, w->name) ||
			 have_name(w, &others, w->base));
}

/* The same of those among them that the API key may use. */
static bool allowed_have(struct wanted *w, const struct credential *list,
			 size_t n)
{
	struct error ignored;

	return permissions_narrow(&w->caller->key, &list, &n, w->x->arena,
				  &ignored) &&
	       have(w, list, n);
}

static bool others_have(struct wanted *w, const struct credential_set *set)
{
	return w->caller->key.credentials.items != NULL &&
	       (have(w, set->items, set->n) ||
		have(w, set->paused, set->n_paused) ||
		have(w, set->unreadable, set->n_unreadable));
}

/* Whether credentials have it that this request may not use. */
static bool explain_absence(struct wanted *w, struct error *e)
{
	const struct credential_set *set = exchange_credentials(w->x);

	if (w->caller->own)
		return false;
	if (allowed_have(w, set->paused, set->n_paused))
		error_field(e, ERROR_SETUP, "model",
			    "The owner of this server has paused all "
			    "credentials that have the model '%.64s'.",
			    w->name);
	else if (allowed_have(w, set->unreadable, set->n_unreadable))
		error_field(e, ERROR_SETUP, "model", "%s", set->fault);
	else if (others_have(w, set))
		error_field(e, ERROR_MODEL_NOT_ALLOWED, "model",
			    "This API key may not use the credentials that "
			    "have the model '%.64s'. It may use: %.300s.",
			    w->name,
			    config_list_join(w->x->arena,
					     &w->caller->key.credentials,
					     ", "));
	else
		return false;
	return true;
}

bool model_resolution_missing(struct exchange *x, const struct caller *caller,
			      struct store *store,
			      const struct model_catalogue *c, const char *name,
			      struct error *e)
{
	struct arena *a = x->arena;
	struct wanted w = { x, caller, store, name,
			    without(SEARCH_SUFFIX, name, a) };

	return !explain_absence(&w, e) &&
	       error_field(e, ERROR_MODEL, "model",
			   "The model '%.64s' does not exist here. Similar "
			   "names: %.300s. GET /v1/models lists them all.",
			   name, model_catalogue_near(c, name, a));
}

/* --- Which it is --- */

static bool resolve(struct exchange *x, const struct caller *caller,
		    struct store *store, struct chat_request *request,
		    struct model *model, struct error *e)
{
	struct arena *a = x->arena;
	const char *name = plain_name(&x->app->config, request->model, a);
	const char *base = without(SEARCH_SUFFIX, name, a);
	const struct model *known = find_known(caller, name);
	struct model_catalogue c;

	if (known == NULL && (known = find_known(caller, base)) != NULL)
		name = take_suffix(request, base);
	/* Only names that mean another model today have to be listed. */
	if (known != NULL && known->upstream->current == NULL) {
		*model = *known;
		return model_catalogue_update(model, x, caller, store, e);
	}
	if (!model_catalogue_load(&c, x, caller, store,
				  known == NULL ? NULL : known->upstream, e))
		return false;
	if (find_listed(&c, name, model))
		return true;
	if (base != NULL && (find_listed(&c, base, model) ||
			     find_unlisted(caller, base, model))) {
		take_suffix(request, base);
		return true;
	}
	return find_unlisted(caller, name, model) ||
	       model_resolution_missing(x, caller, store, &c, name, e);
}

bool model_resolution_find(struct exchange *x, const struct caller *caller,
			   struct store *store, struct chat_request *request,
			   struct model *model, struct error *e)
{
	return resolve(x, caller, store, request, model, e) &&
	       permissions_check_model(&caller->key, request->model,
				       model->name, x->arena, e);
}

void model_resolution_refuse(struct exchange *x, const struct caller *caller,
			     struct store *store, const struct model *model,
			     struct error *e)
{
	const char *why = arena_copy(x->arena, e->message), *near = "";
	struct model_catalogue c;
	struct error ignored;

	if (model_catalogue_load(&c, x, caller, store, NULL, &ignored))
		near = model_catalogue_near(&c, model->name, x->arena);
	error_field(e, ERROR_MODEL, "model",
		    "Kimi does not serve the model '%.64s' with this "
		    "credential. %.250s%s%.100s%s",
		    model->name, why,
		    *near == '\0' ? "" : " (Similar names: ", near,
		    *near == '\0' ? "" : ".)");
}
