/* SPDX-License-Identifier: MIT */
#ifndef STORE_KEYS_INTERNAL_H
#define STORE_KEYS_INTERNAL_H

#include "store/db_internal.h"
#include "store/store.h"

#define KEY_PUBLIC_ID "key_" /* they begin so */

/* Private to the store: the row of an API key; 0 if there is none. */
bool keys_find(struct db *db, const char *fingerprint, int64_t *row,
	       struct error *e);

/* The same, added if there is none; notes the use of it. */
bool keys_ensure(struct db *db, const struct store_owner *owner, int64_t *row,
		 struct error *e);

#endif
