/* SPDX-License-Identifier: MIT */
#ifndef APP_UNSUPPORTED_H
#define APP_UNSUPPORTED_H

#include "app/exchange.h"

/*
 * For a path that is no route: if it is one of a well-known API that a gateway
 * for chats does not have, the error says so, and in the shape of that API.
 * It stays ERROR_ROUTE: a 404 is what clients do not try again.
 */
void unsupported_explain(struct exchange *x, struct error *e);

#endif
