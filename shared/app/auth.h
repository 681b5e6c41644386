/* SPDX-License-Identifier: MIT */
#ifndef APP_AUTH_H
#define APP_AUTH_H

#include "app/exchange.h"

/* Who asks, and with whose credentials Kimi is asked for it. */
struct caller {
	char fingerprint[FINGERPRINT_SIZE]; /* of the API key */
	const char *label;
	const struct credential *credentials;
	size_t n_credentials;
	bool own; /* the client brought them */
};

/*
 * From the API key in Authorization, x-api-key or api-key to the caller.
 * ERROR_API_KEY when there is none or none fits; ERROR_SETUP when the key
 * fits but the server has no credentials.
 */
bool auth_check(struct exchange *x, struct caller *caller, struct error *e);

/* The same, and the store with what is theirs. NULL with a filled error. */
struct store *auth_store(struct exchange *x, struct caller *caller,
			 struct error *e);

#endif
