/* SPDX-License-Identifier: MIT */
#ifndef APP_CORS_H
#define APP_CORS_H

#include "app/exchange.h"

/* Adds the CORS headers that every response has, including errors and
 * streams. */
void cors_headers(struct exchange *x);

/* Answers OPTIONS. No API key is needed: browsers send none. */
void cors_preflight(struct exchange *x);

#endif
