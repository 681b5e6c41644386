/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_MODEL_CATALOGUE_H
#define APP_RELAY_MODEL_CATALOGUE_H

#include "app/auth.h"
#include "store/store.h"
#include "upstream/model.h"

/*
 * The models that a caller's credentials can serve: what their services list,
 * asked once per KIMI_MODELS_TTL and kept in the database, and where a
 * service could not be asked what we know of it. Without any credentials all
 * that we know, since clients may bring theirs. `only` spares asking other
 * services than that; NULL: all. Without a store nobody is asked.
 */
struct model_catalogue {
	struct model *models;
	size_t n;
};

bool model_catalogue_load(struct model_catalogue *c, struct exchange *x,
			  const struct caller *caller, struct store *store,
			  const struct upstream *only, struct error *e);

/* NULL if it is not in there. */
const struct model *model_catalogue_find(const struct model_catalogue *c,
					 const char *name);

/* The names most like `name`, as text: "a, b, c". */
const char *model_catalogue_near(const struct model_catalogue *c,
				 const char *name, struct arena *a);

#endif
