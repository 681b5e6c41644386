/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_MODEL_RESOLUTION_H
#define APP_RELAY_MODEL_RESOLUTION_H

#include "app/auth.h"
#include "app/relay/model_catalogue.h"
#include "store/store.h"
#include "upstream/model.h"

/*
 * Resolves the model's name in a request to a model for which the caller has a
 * credential. The name may be an alias (KIMI_MODEL_ALIASES); if it ends in
 * "-search", the request's web search is turned on; a "[1m]" at its end is
 * dropped. ERROR_MODEL if there is no such model.
 */
bool model_resolution_find(struct exchange *x, const struct caller *caller,
			   struct store *store, struct chat_request *request,
			   struct model *model, struct error *e);

/* Why the caller's credentials, whose models are `c`, have no model of that
 * name: it is paused or not for that API key, or ERROR_MODEL. Always false. */
bool model_resolution_missing(struct exchange *x, const struct caller *caller,
			      struct store *store,
			      const struct model_catalogue *c, const char *name,
			      struct error *e);

/* Adds to `e`, which has Kimi's words, when the service turns out not to have
 * the model: which one that is, and which names are similar. */
void model_resolution_refuse(struct exchange *x, const struct caller *caller,
			     struct store *store, const struct model *model,
			     struct error *e);

/*
 * Whether the model's service can do what the request asks for. What neither
 * the service nor emulate_run can do is refused with the field's name, not
 * silently ignored.
 */
bool model_resolution_check(const struct chat_request *request,
			    const struct model *model,
			    const struct config *config, struct error *e);

#endif
