/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_MODEL_RESOLUTION_H
#define APP_RELAY_MODEL_RESOLUTION_H

#include "app/auth.h"
#include "store/store.h"
#include "upstream/model.h"

/*
 * The model that is asked for, and that the caller has a credential for. Its
 * name may be an alias of the setting KIMI_MODEL_ALIASES, or end in "-search",
 * which turns the request's web search on.
 */
bool model_resolution_find(struct exchange *x, const struct caller *caller,
			   struct store *store, struct chat_request *request,
			   struct model *model, struct error *e);

/* The error to tell when the service does not know the model after all. */
void model_resolution_refuse(struct exchange *x, const struct caller *caller,
			     struct store *store, const struct model *model,
			     struct error *e);

/*
 * Whether the model's service can do what the request wants, messages of
 * earlier turns included. What it lacks and upstream_run does not emulate is
 * refused with the field's name, not silently left out.
 */
bool model_resolution_check(const struct chat_request *request,
			    const struct model *model,
			    const struct config *config, struct error *e);

#endif
