/* SPDX-License-Identifier: MIT */
#ifndef APP_PERMISSIONS_H
#define APP_PERMISSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "store/api_keys.h"
#include "upstream/credential.h"

/*
 * What an API key may use: the models and the credentials that its owner has
 * listed, or all. An entry that ends in '*' is every name that begins so.
 */
bool permissions_have_model(const struct store_api_key *k, const char *name);

/* Whether it may have the model, which was asked for as `asked`: perhaps an
 * alias. False with ERROR_MODEL_NOT_ALLOWED. */
bool permissions_check_model(const struct store_api_key *k, const char *asked,
			     const char *name, struct arena *a,
			     struct error *e);

/* Leaves those of the server's credentials in the list that it may use. False
 * with ERROR_SETUP if the server has some, but none of them. */
bool permissions_narrow(const struct store_api_key *k,
			const struct credential **list, size_t *n,
			struct arena *a, struct error *e);

#endif
