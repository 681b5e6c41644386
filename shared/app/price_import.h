/* SPDX-License-Identifier: MIT */
#ifndef APP_PRICE_IMPORT_H
#define APP_PRICE_IMPORT_H

#include "store/price_list.h"

/*
 * Reads the Open Platform's prices in USD from a list of other people: LiteLLM's
 * model_prices_and_context_window.json, or models.dev's api.json. ERROR_VALUE if
 * it is neither, has none, or has a number that is no whole one of micro-units.
 */
bool price_import(const char *json, size_t length, struct dated_price **prices,
		  size_t *n, struct arena *a, struct error *e);

#endif
