/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_BLAME_INTERNAL_H
#define APP_RELAY_BLAME_INTERNAL_H

#include "app/relay/candidates_internal.h"

/*
 * Private to the relay: who is to blame for the failures of a request, the
 * credentials or the request itself. A failure cools its credential down. If it
 * may have been due to the request, and the next credential fails alike, it
 * was: then the first one's cooldown is taken back, and nothing cools down any
 * more.
 */
struct blame {
	struct store *store;
	const struct credential *suspect; /* cools down, perhaps wrongly */
	int64_t until;			  /* … until then */
	enum error_kind kind;		  /* of its failure, … */
	int status;			  /* … and what Kimi answered with */
	bool on_request;		  /* it was the request */
};

/* Notes that a credential failed with `why`. Returns whether it is clear now,
 * and only now, that the request is to blame. */
bool blame_failure(struct blame *b, const struct credential *credential,
		   struct error *why);

/* The request ended before that was found out: without proof the suspect is
 * not cooled down. */
void blame_nobody(struct blame *b);

#endif
