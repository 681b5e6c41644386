/* SPDX-License-Identifier: MIT */
#ifndef APP_AUTH_H
#define APP_AUTH_H

#include "app/exchange.h"
#include "store/api_keys.h"

/* Who sent a request, and the credentials it may use. */
struct caller {
	const char *fingerprint; /* of the API key: its rows are found by it */
	const char *label;
	const char *secret;	  /* fingerprint; NULL: it is the key's */
	struct store_api_key key; /* what its owner has set for it */
	const struct credential *credentials;
	size_t n_credentials;
	bool own; /* they are the client's, sent as its API key */
};

/*
 * Finds the caller by the API key in Authorization, x-api-key or api-key; what
 * it points to lives as long as the exchange. ERROR_API_KEY if no valid key was
 * sent, ERROR_SETUP if it is valid but this server has no credentials that the
 * route may need.
 */
bool auth_check(struct exchange *x, struct caller *caller, struct error *e);

/* The same, and returns the store. NULL with a filled error. */
struct store *auth_store(struct exchange *x, struct caller *caller,
			 struct error *e);

/* Who sent it, even if that key is refused. NULL if nobody knows. */
const struct caller *auth_sender(const struct exchange *x);

/* Whether it has an API key of the settings: whoever sent it may know what is
 * wrong with the server. */
bool auth_server_key(const struct exchange *x);

/* The same of the database, which may be opened. */
bool auth_kept_key(const struct exchange *x);

/* Whether the request has any API key at all, valid or not. */
bool auth_any_key(const struct exchange *x);

#endif
