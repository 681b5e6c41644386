/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_KNOWN_MODELS_H
#define UPSTREAM_API_KNOWN_MODELS_H

#include "upstream/model.h"

/* The models of the Open Platform and of Kimi Code that are known without
 * asking, each list ended by a model without a name. */
extern const struct model known_models_platform[];
extern const struct model known_models_code[];

/*
 * What a model of that name is like, as far as its name says: the one that is
 * known, or a guess that sends nothing the service would refuse.
 */
struct model known_models_assume(const char *name,
				 const struct upstream *upstream);

#endif
