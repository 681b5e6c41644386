/* SPDX-License-Identifier: MIT */
#ifndef STORE_CREDENTIALS_INTERNAL_H
#define STORE_CREDENTIALS_INTERNAL_H

#include "store/db_internal.h"
#include "upstream/credential.h"

/* Private to the store: adds the row of a credential if there is none. */
bool credentials_ensure(struct db *db, const struct credential *c,
			struct error *e);

#endif
