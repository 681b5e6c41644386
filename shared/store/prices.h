/* SPDX-License-Identifier: MIT */
#ifndef STORE_PRICES_H
#define STORE_PRICES_H

#include "base/arena.h"
#include "store/outcome.h"
#include "store/store.h"

/* Fills the cost of a request of now that has no row, from its service, region
 * and usage. */
bool store_prices_charge(struct store *s, const char *model,
			 struct store_outcome *o, struct arena *a,
			 struct error *e);

#endif
