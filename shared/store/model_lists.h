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
 * ms; 0: never). The list is empty if there is none.
 */
bool store_model_list_load(struct store *s, const struct credential *c,
			   struct model_list *list, int64_t *listed_ms,
			   struct arena *a, struct error *e);

/*
 * The right to refresh a list: changes its time from `before_ms` to
 * `listed_ms`. Of several processes `*claimed` is true for one.
 */
bool store_model_list_claim(struct store *s, const struct credential *c,
			    int64_t before_ms, int64_t listed_ms, bool *claimed,
			    struct error *e);

bool store_model_list_save(struct store *s, const struct credential *c,
			   const struct model_list *list, int64_t listed_ms,
			   struct arena *a, struct error *e);

#endif
