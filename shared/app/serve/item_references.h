/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_ITEM_REFERENCES_H
#define APP_SERVE_ITEM_REFERENCES_H

#include "app/auth.h"
#include "app/exchange.h"

/*
 * Puts stored items in the place of the references to them in the body's
 * member `name` (`input`, `items`), so that the dialect sees whole items only.
 * Reasoning that is not stored any more is left out; any other unknown id is
 * ERROR_VALUE.
 */
bool item_references_resolve(struct exchange *x, const struct caller *caller,
			     const char *name, struct error *e);

#endif
