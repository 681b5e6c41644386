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
	bool deleted; /* only what it used is there */

	/* Of the secret it was found by. */
	int64_t secret_valid_until, secret_last_used_at;
};

/* By the fingerprint of its secret; one that has a row costs no statement while
 * nobody changes a key. `row` is 0 if there is none. */
bool store_api_key_find(struct store *s, const char *secret,
			struct store_api_key *k, struct arena *a,
			struct error *e);

/* A secret of a key of the database. */
struct store_key_secret {
	const char *label;
	int64_t created_at, valid_until, last_used_at;
};

/* What a key may use in a "day", "week", "month" or in "total": "tokens", or
 * nano-units of "USD" or "CNY". */
struct store_key_budget {
	const char *period, *unit;
	int64_t amount;
};

/* By its name, public id or label. ERROR_NOT_FOUND; ERROR_VALUE if several keys
 * have that label. */
bool store_api_key_named(struct store *s, const char *name,
			 struct store_api_key *k, struct arena *a,
			 struct error *e);

/* All of them, by their names; those that were deleted, too. */
bool store_api_key_list(struct store *s, struct store_api_key **list, size_t *n,
			struct arena *a, struct error *e);

/* The newest first. */
bool store_api_key_secrets(struct store *s, int64_t row,
			   struct store_key_secret **list, size_t *n,
			   struct arena *a, struct error *e);

#endif
