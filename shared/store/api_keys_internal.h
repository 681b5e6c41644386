/* SPDX-License-Identifier: MIT */
#ifndef STORE_API_KEYS_INTERNAL_H
#define STORE_API_KEYS_INTERNAL_H

#include "store/api_keys.h"
#include "store/db_internal.h"

/* Private to the store: the key of a row, which is 0 if there is none. */
bool api_keys_read(struct db *db, int64_t row, struct store_api_key *k,
		   struct arena *a, struct error *e);

#endif
