/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_MODELS_H
#define UPSTREAM_WEB_MODELS_H

#include "upstream/model.h"
#include "upstream/upstream.h"

/* The models that one host offers, which belong to `upstream`. Works without a
 * bearer token. */
bool web_models_list(struct upstream_call *call, const char *host,
		     const struct upstream *upstream, struct model_list *list);

/* The model that an old name ("k2", "k1.5") means today: the one that the
 * service prefers; see upstream.h. */
struct model web_models_current(const struct model *known,
				const struct model_list *list);

#endif
