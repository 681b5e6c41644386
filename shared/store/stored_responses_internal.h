/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORED_RESPONSES_INTERNAL_H
#define STORE_STORED_RESPONSES_INTERNAL_H

#include "store/db_internal.h"
#include "store/stored_responses.h"

/* Private to the store: deletes what was said in the response of that request,
 * its events and its id. Its row stays, for responses that continue it. */
bool stored_response_erase(struct db *db, int64_t key, int64_t seq,
			   struct error *e);

#endif
