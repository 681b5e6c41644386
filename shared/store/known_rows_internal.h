/* SPDX-License-Identifier: MIT */
#ifndef STORE_KNOWN_ROWS_INTERNAL_H
#define STORE_KNOWN_ROWS_INTERNAL_H

#include "store/db_internal.h"

/* Private to the store: reads the one row of a statement, unless it is known. */
bool known_rows_read(struct store *s, const struct known_name *name,
		     struct known_row *row, struct arena *a, struct error *e);

/* Only if it is known. */
bool known_rows_find(struct store *s, const struct known_name *name,
		     struct known_row *row, struct arena *a);

/* In a transaction. A row is remembered only if the transaction changes none
 * that are known (db->quiet). */
bool known_rows_get(struct db *db, const struct known_name *name,
		    struct known_row *row, struct arena *a, struct error *e);

/* The columns of a query's row. */
void known_rows_columns(struct query *q, struct known_row *row,
			struct arena *a);

#endif
