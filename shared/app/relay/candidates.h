/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CANDIDATES_H
#define APP_RELAY_CANDIDATES_H

#include "app/auth.h"
#include "store/store.h"

/* The credentials to try for a request, in this order. */
struct candidates {
	const struct credential **list;
	size_t n;
	struct error none; /* the truest error if there are none */
};

/* How many of the caller's credentials serve that upstream. */
size_t candidates_count(const struct caller *caller,
			const struct upstream *upstream);

/*
 * Round robin, after `pinned` (a fingerprint, may be NULL). Those that rest after a passing fault of Kimi's come last; those
 * that Kimi refused or throttled are left out until their time is over.
 */
bool candidates_find(struct candidates *c, const struct caller *caller,
		     const struct upstream *upstream, const char *pinned,
		     struct store *store, struct arena *a, struct error *e);

/* Whether a credential that was found may still be used: one that a request
 * waited for may have been refused meanwhile, which `why` says then. */
bool candidates_available(struct store *store,
			  const struct credential *credential, struct arena *a,
			  struct error *why);

/*
 * Lets the credential that met the error rest: as long as Kimi said, else as
 * long as fits the reason. A throttled client is told the same time.
 */
void candidates_cool_down(struct store *store,
			  const struct credential *credential,
			  struct error *why);

/* The truer of two errors to tell: that which says when to come again. */
void candidates_prefer(struct error *worst, const struct error *e);

#endif
