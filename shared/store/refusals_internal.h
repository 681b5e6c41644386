/* SPDX-License-Identifier: MIT */
#ifndef STORE_REFUSALS_INTERNAL_H
#define STORE_REFUSALS_INTERNAL_H

#include "store/db_internal.h"
#include "store/refusals.h"

/* Private to the store: adds refused requests without rows to the sums of usage,
 * once a second, in a transaction of its own. */
void refusals_sum_up(struct store *s);

#endif
