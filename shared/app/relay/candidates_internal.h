/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CANDIDATES_INTERNAL_H
#define APP_RELAY_CANDIDATES_INTERNAL_H

#include "app/auth.h"
#include "store/credentials.h"

/* The credentials to try for a request, in this order. */
struct candidates {
	struct store *store;
	struct arena *arena;
	const struct credential **list;
	const struct credential_state **states; /* one each */
	size_t n;
	bool own; /* they are the client's */
	/* Until when the only one cools down, by a guess; 0: it does not. */
	int64_t last_resort_until;
	struct error none;		  /* why there are none, if so, … */
	const struct credential *refused; /* … and by which one; or NULL */
};

void candidates_init(struct candidates *c, struct store *store,
		     struct arena *a);

/* How many of the caller's credentials belong to that service. */
size_t candidates_count(const struct caller *caller,
			const struct upstream *upstream);

/*
 * Fills the list, in this order: the credential with the fingerprint `pinned`
 * (may be NULL), the other available ones in rotation, then those in cooldown
 * after a fault of Kimi's. Those that Kimi refused or throttled are left out
 * until their cooldown is over, but no request fails on a guess of ours: if none
 * is left, the list has the one whose guessed time is over first. Of those that
 * Kimi rejected and that have not worked since, only one is tried before the
 * last: a request has only so many tries.
 */
bool candidates_find(struct candidates *c, const struct caller *caller,
		     const struct upstream *upstream, const char *pinned,
		     struct error *e);

/*
 * Whether the credential list[i] may still be used. While a request waited for
 * it, another request may have been refused; then false, and `why` says so.
 */
bool candidates_available(const struct candidates *c, size_t i,
			  struct error *why);

/*
 * Starts the cooldown of the credential that failed with `why`
 * (upstream/cooldown.h), and returns its end. After a rate limit the client is
 * asked to wait just as long.
 */
int64_t candidates_cool_down(struct store *store,
			     const struct credential *credential,
			     struct error *why);

/* Logs what the owner of this server has to do about the failure, if anything:
 * another credential may give the reply. */
void candidates_tell_owner(const struct exchange *x, const struct credential *c,
			   const struct error *why);

/*
 * Completes the error of a credential that Kimi refuses before the client gets
 * it: what to do, and by whom. If it is this server's it is ERROR_OUR_CREDENTIAL:
 * the client's own key is right.
 */
void candidates_explain(const struct credential *c, struct error *e);

#endif
