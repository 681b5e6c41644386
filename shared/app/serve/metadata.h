/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_METADATA_H
#define APP_SERVE_METADATA_H

#include "app/exchange.h"

/* The metadata of stored completions and conversations, as JSON objects. */

/* Reads the body's `metadata`, which must be present. `*metadata` is NULL if it
 * is null. */
bool metadata_read(struct exchange *x, const char **metadata, struct error *e);

/* The pairs that a list is filtered by, from the query's metadata[NAME]=VALUE
 * parameters; NULL if it has none. */
bool metadata_read_filter(struct exchange *x, const char **pairs,
			  struct error *e);

#endif
