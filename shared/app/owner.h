/* SPDX-License-Identifier: MIT */
#ifndef APP_OWNER_H
#define APP_OWNER_H

#include "app/auth.h"

/* What a caller owns in the database, and how much that may be. */
struct store_owner owner_of(const struct exchange *x,
			    const struct caller *caller);

/*
 * Before anything else is done for a request that asks for something to be
 * kept: ERROR_SPACE if there may be no space for its body. What Kimi replies to
 * a request that passed is kept in any case.
 */
bool owner_check_space(struct exchange *x, const struct caller *caller,
		       struct store *store, struct error *e);

#endif
