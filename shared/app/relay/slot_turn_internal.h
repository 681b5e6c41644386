/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_SLOT_TURN_INTERNAL_H
#define APP_RELAY_SLOT_TURN_INTERNAL_H

#include <stdatomic.h>

#include "app/relay/job_internal.h"

/* Private to the relay: a request that waits until one of its credentials has a
 * slot for it. */
struct slot_turn {
	const struct job *job;
	const struct credential **credentials;
	size_t n;
	int64_t give_up_ms; /* clock_ms */

	/* Slots that other choices of the request have: as long as there are
	 * any, the time does not begin. NULL: there are no other choices. */
	const atomic_uint *others;

	/* Out: a slot, and whose it is in the list. */
	int64_t slot;
	size_t got;
};

/* How many requests may run at once with a credential; 0: any number. */
int64_t slot_turn_max(const struct job *j, const struct credential *c);

/* Waits in line for whichever slot comes first. False when it gives up, with
 * ERROR_RATE_LIMIT, or as soon as the client leaves. */
bool slot_turn_wait(struct slot_turn *t, struct error *e);

#endif
