/* SPDX-License-Identifier: MIT */
#ifndef STORE_MODEL_LISTS_H
#define STORE_MODEL_LISTS_H

#include <stdint.h>

#include "base/arena.h"
#include "store/store.h"
#include "upstream/credential.h"
#include "upstream/model.h"

/*
 * The models that a service listed for a credential, and when (wall clock,
 * ms; 0: it was never asked).
 */
bool store_model_list_load(struct store *s, const struct credential *c,
			   struct model_list *list, int64_t *listed_ms,
			   struct arena *a, struct error *e);
bool store_model_list_save(struct store *s, const struct credential *c,
			   const struct model_list *list, int64_t listed_ms,
			   struct arena *a, struct error *e);

#endif
