/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_MODEL_CATALOGUE_H
#define APP_RELAY_MODEL_CATALOGUE_H

#include "app/auth.h"
#include "store/store.h"
#include "upstream/model.h"

/*
 * The models that a caller's credentials can serve: those that their services
 * list or, for a service that cannot be asked, the known ones
 * (upstream/model.h). Without credentials all known models, as clients may
 * bring their own. Each name is there once: of the services that have it, the
 * one that knows it without asking comes first, else the first of services[].
 */
struct model_catalogue {
	struct model *models;
	size_t n;
};

/*
 * Fills the catalogue, in the arena. Lists are cached in the database and
 * refreshed after KIMI_MODELS_TTL. `only` restricts it to one service; NULL:
 * all. Without a store (NULL) no service is asked.
 */
bool model_catalogue_load(struct model_catalogue *c, struct exchange *x,
			  const struct caller *caller, struct store *store,
			  const struct upstream *only, struct error *e);

/* The same as far as it is known already: no service is asked. */
bool model_catalogue_recall(struct model_catalogue *c, struct exchange *x,
			    const struct caller *caller, struct store *store,
			    struct error *e);

/*
 * Changes a known model into what its service listed under that name for one of
 * the caller's credentials, if there is a list that needs no refresh and the
 * service describes models in it. No service is asked.
 */
bool model_catalogue_update(struct model *m, struct exchange *x,
			    const struct caller *caller, struct store *store,
			    struct error *e);

/* The model of exactly that name, else the one with that alias, or NULL. */
const struct model *model_catalogue_find(const struct model_catalogue *c,
					 const char *name);

/* The three names most similar to `name`, as text: "a, b, c". */
const char *model_catalogue_near(const struct model_catalogue *c,
				 const char *name, struct arena *a);

#endif
