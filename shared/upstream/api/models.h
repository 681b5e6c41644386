/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_MODELS_H
#define UPSTREAM_API_MODELS_H

#include "upstream/api/service.h"
#include "upstream/model.h"

/* The models of GET /models. `read_traits` reads what only this service says
 * about a model, which overrides what is known. */
bool models_list(struct upstream_call *call, const struct api_service *service,
		 const struct upstream *upstream,
		 void (*read_traits)(struct model *m, const cJSON *v),
		 struct model_list *list);

/* Adds what both services say in the same way: that it takes images or videos,
 * and that it thinks. */
void models_add_support(struct model *m, const cJSON *v);

#endif
