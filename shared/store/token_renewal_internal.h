/* SPDX-License-Identifier: MIT */
#ifndef STORE_TOKEN_RENEWAL_INTERNAL_H
#define STORE_TOKEN_RENEWAL_INTERNAL_H

#include "store/db_internal.h"
#include "store/token_renewal.h"

/* Private to the store: store_token_renewal_save, within a transaction. */
bool token_renewal_save(struct db *db, const struct credential *c,
			const struct access_token *access, struct arena *a,
			struct error *e);

#endif
