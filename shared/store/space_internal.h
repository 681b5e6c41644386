/* SPDX-License-Identifier: MIT */
#ifndef STORE_SPACE_INTERNAL_H
#define STORE_SPACE_INTERNAL_H

#include "store/db_internal.h"
#include "store/space.h"

/* Private to the store: what the row of anything that is kept counts, besides
 * its texts. Migrations and statements have the same number. */
#define SPACE_ROW 256

/* As store_space_check, within a transaction. */
bool space_check(struct db *db, const struct store_owner *owner, int64_t more,
		 struct error *e);

/* Before something is deleted: counts what `which` finds for the parameter. */
bool space_release(struct db *db, int64_t key, enum db_statement which,
		   int64_t id, struct error *e);

/* The bytes of a text; 0 for NULL. */
int64_t space_of(const char *text);

#endif
