/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVER_KEYS_H
#define APP_SERVER_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/secret.h"

/* An API key of this server, by what is told of it. */
struct server_key {
	char fingerprint[FINGERPRINT_SIZE];
	const char *label;
};

struct server_keys {
	struct server_key *items;
	size_t n;
	bool well_known; /* none are configured: these are no secrets */
};

/* Those that are configured, or else those that everybody knows. All is copied
 * into the arena. */
void server_keys_init(struct server_keys *k, const struct config_list *keys,
		      struct arena *a);

/* The one with that fingerprint, in a time that does not depend on how much of
 * it is right; NULL: there is none. */
const struct server_key *
server_keys_find(const struct server_keys *k,
		 const char fingerprint[FINGERPRINT_SIZE]);

#endif
