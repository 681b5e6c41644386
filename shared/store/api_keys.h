/* SPDX-License-Identifier: MIT */
#ifndef STORE_API_KEYS_H
#define STORE_API_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config_list.h"
#include "base/error.h"
#include "store/store.h"

/*
 * What the owner of the server has set for an API key. Keys of the settings file
 * and of strangers have a row once they were used; until then, and for what is
 * not set, there are no limits. Times are wall clock in ms, 0: never.
 */
struct store_api_key {
	int64_t row;			      /* 0: there is none */
	const char *fingerprint;	      /* of what belongs to it */
	const char *public_id, *name, *label; /* the name may be NULL */
	const char *origin; /* "settings", "database", "stranger", "nobody" */
	bool admin;
	int64_t created_at, blocked_at, revoked_at, expires_at, last_used_at;
	struct config_list models, credentials; /* absent: all */
	int64_t requests_per_minute, tokens_per_minute, max_concurrent;
	int64_t reserve_output;	   /* tokens; 0: the default */
	int64_t space;		   /* bytes; -1: that of the settings */
	const char *on_disconnect; /* "cancel", "finish" or NULL */
	bool has_budgets;

	/* Of the secret it was found by. */
	int64_t secret_valid_until, secret_last_used_at;
};

/* By the fingerprint of its secret; costs no statement while nobody changes a
 * key. `row` is 0 if there is none. */
bool store_api_key_find(struct store *s, const char *secret,
			struct store_api_key *k, struct arena *a,
			struct error *e);

#endif
