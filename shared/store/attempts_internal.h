/* SPDX-License-Identifier: MIT */
#ifndef STORE_ATTEMPTS_INTERNAL_H
#define STORE_ATTEMPTS_INTERNAL_H

#include "store/attempts.h"
#include "store/db_internal.h"
#include "store/query_internal.h"

/* Private to the store: the attempts of a request. */

/* Binds the columns of the request from host to first_byte_ms. */
void attempts_put_own(struct query *q, const struct store_attempt *list);

/* Adds those that the columns do not tell, numbered in the order of the list;
 * without Kimi's words if the request is `ephemeral`, as they may quote it. */
bool attempts_add(struct db *db, int64_t row, const struct store_attempt *list,
		  bool ephemeral, struct error *e);

#endif
