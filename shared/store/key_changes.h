/* SPDX-License-Identifier: MIT */
#ifndef STORE_KEY_CHANGES_H
#define STORE_KEY_CHANGES_H

#include "store/api_keys.h"

/*
 * What an owner does with API keys. All of it holds from the next request on, in
 * every process; requests that run go on.
 */

/* The budgets that a key gets in place of those it has. */
struct store_key_budgets {
	const struct store_key_budget *list;
	size_t n;
};

/*
 * Adds a key of the database with the settings of `k`, whose row and ids are
 * filled in, and gives its secret, which nobody can get again. `budgets` may be
 * NULL. ERROR_VALUE if the name is taken or is none: one has 1 to 64 characters
 * and does not look like an id.
 */
bool store_api_key_add(struct store *s, struct store_api_key *k,
		       const struct store_key_budgets *budgets, char **secret,
		       struct arena *a, struct error *e);

/* Gives a key of the settings file the row that it would get when it is used. */
bool store_api_key_ensure(struct store *s, const char *fingerprint,
			  const char *label, struct error *e);

/* What an owner wants to be different. `*budgets` is NULL: they stay. */
struct store_key_change {
	bool (*apply)(void *ctx, struct store_api_key *k,
		      const struct store_key_budgets **budgets,
		      struct error *e);
	void *ctx;
};

/* Changes everything that can be set, but for blocked_at and revoked_at. `k` is
 * read again before, so that changes made at once do not undo each other. */
bool store_api_key_change(struct store *s, struct store_api_key *k,
			  const struct store_key_change *change,
			  struct arena *a, struct error *e);

/* Gives a key of the database another secret. Those before it go on for
 * `grace_ms`. ERROR_VALUE for other keys, and for those that were revoked. */
bool store_api_key_rotate(struct store *s, const struct store_api_key *k,
			  int64_t grace_ms, char **secret, struct arena *a,
			  struct error *e);

bool store_api_key_block(struct store *s, const struct store_api_key *k,
			 bool blocked, struct error *e);

/* For good. */
bool store_api_key_revoke(struct store *s, const struct store_api_key *k,
			  struct error *e);

/* Revokes it and forgets its secrets and budgets: no request can come with it.
 * What it stored and used stays, and its name as long as nobody else takes it. */
bool store_api_key_delete(struct store *s, const struct store_api_key *k,
			  struct error *e);

#endif
