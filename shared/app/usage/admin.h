/* SPDX-License-Identifier: MIT */
#ifndef APP_USAGE_ADMIN_H
#define APP_USAGE_ADMIN_H

#include "app/exchange.h"

/* The store, for a caller who may see everybody's usage. NULL with ERROR_API_KEY
 * if no valid API key was sent, ERROR_ADMIN if it is not an admin's. */
struct store *admin_store(struct exchange *x, struct error *e);

#endif
