/* SPDX-License-Identifier: MIT */
#ifndef STORE_STREAM_LOG_INTERNAL_H
#define STORE_STREAM_LOG_INTERNAL_H

#include "store/db_internal.h"

/* Private to the store: adds a batch to the log of a stored response, while
 * that runs and was not deleted. */
bool stream_log_add(struct db *db, int64_t seq, const char *batch,
		    struct error *e);

#endif
