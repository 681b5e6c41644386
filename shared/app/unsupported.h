/* SPDX-License-Identifier: MIT */
#ifndef APP_UNSUPPORTED_H
#define APP_UNSUPPORTED_H

#include "app/exchange.h"

/*
 * For a path that is not a route: if it belongs to a well-known API that this
 * server does not have, replaces the error by one that says so, spelled as that
 * API's errors are. It stays ERROR_ROUTE, as clients do not retry a 404.
 */
void unsupported_explain(struct exchange *x, struct error *e);

#endif
