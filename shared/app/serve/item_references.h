/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_ITEM_REFERENCES_H
#define APP_SERVE_ITEM_REFERENCES_H

#include "app/auth.h"
#include "app/exchange.h"

/*
 * Replaces references in the body's member `name` (`input`, `items`) with the
 * stored items, so that the dialect only sees whole items. Reasoning that is no
 * longer stored is left out; any other unknown id is ERROR_VALUE.
 */
bool item_references_resolve(struct exchange *x, const struct caller *caller,
			     const char *name, struct error *e);

#endif
