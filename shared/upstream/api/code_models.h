/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CODE_MODELS_H
#define UPSTREAM_API_CODE_MODELS_H

#include "upstream/model.h"
#include "upstream/upstream.h"

/* The models of GET /models; `upstream` is what they belong to. */
bool code_models_list(struct upstream_call *call,
		      const struct upstream *upstream,
		      struct model_list *models);

#endif
