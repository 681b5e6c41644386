/* SPDX-License-Identifier: MIT */
#ifndef APP_CORS_H
#define APP_CORS_H

#include "app/exchange.h"

/* The CORS headers that every answer carries, errors and streams included. */
void cors_headers(struct exchange *x);

/* The answer to OPTIONS, before any authentication. */
void cors_preflight(struct exchange *x);

#endif
