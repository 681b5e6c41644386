/* SPDX-License-Identifier: MIT */
#ifndef STORE_SLOTS_H
#define STORE_SLOTS_H

#include <stdint.h>

#include "store/store.h"

/*
 * A service may allow only so many requests at once with a credential. Each
 * running one takes a slot of it, counted over all processes that share the
 * file. A slot is a lease like that of a turn (TURN_RENEW_MS in turn_lock.h):
 * the slot of a process that was killed is free.
 */

/* `*slot` is 0 if all `max` slots are taken, or as many as are noted of the
 * credential (UPSTREAM_SLOTS_NOTE in upstream.h). */
bool store_slot_take(struct store *s, const char *credential, int64_t max,
		     int64_t *slot, struct error *e);
bool store_slot_renew(struct store *s, int64_t slot, struct error *e);
bool store_slot_release(struct store *s, int64_t slot, struct error *e);

/* How a credential's slots are used now. */
struct slot_use {
	int64_t limit; /* the lower one of `max` and what is noted */
	int64_t used, waiting;
};

bool store_slots_read(struct store *s, const char *credential, int64_t max,
		      struct slot_use *use, struct error *e);

#endif
