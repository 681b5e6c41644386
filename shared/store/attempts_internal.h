/* SPDX-License-Identifier: MIT */
#ifndef STORE_ATTEMPTS_INTERNAL_H
#define STORE_ATTEMPTS_INTERNAL_H

#include "store/attempts.h"
#include "store/db_internal.h"

/* Private to the store: adds the attempts of the request in that row, numbered
 * in the order of the list; without Kimi's words if the request is
 * `ephemeral`, as they may quote it. */
bool attempts_add(struct db *db, int64_t row, const struct store_attempt *list,
		  bool ephemeral, struct error *e);

#endif
