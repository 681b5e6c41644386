/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CONNECT_MODELS_H
#define FAKE_CONNECT_MODELS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "text.h"

struct fake;

/* The reply of GetAvailableModels: what the setting `models` says, or the
 * models of September 2026. Caller deletes. */
cJSON *connect_models(struct fake *fake);
/* Whether these go together; if not, `why` says why. `model` and `effort` may
 * be NULL. *thinks: whether the model always thinks. */
bool connect_model_ok(struct fake *fake, const char *scenario,
		      const char *model, const char *effort, bool *thinks,
		      struct text *why);

#endif
