/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_METADATA_H
#define APP_SERVE_METADATA_H

#include "app/exchange.h"

/* The metadata of stored completions and conversations, as JSON objects. */

/* From the body's `metadata`, which may be null, in which case it is NULL here,
 * but must not be missing. */
bool metadata_read(struct exchange *x, const char **metadata, struct error *e);

/* The pairs that a list is filtered by, from the query's metadata[NAME]=VALUE
 * parameters; NULL if it has none. */
bool metadata_read_filter(struct exchange *x, const char **pairs,
			  struct error *e);

#endif
