/* SPDX-License-Identifier: MIT */
#ifndef STORE_SLOTS_H
#define STORE_SLOTS_H

#include <stdint.h>

#include "store/store.h"

/*
 * A place among the requests that may run at once with a credential, of all
 * processes that share the file. It must be renewed like a turn
 * (TURN_RENEW_MS): that of a process that was killed runs out.
 */

/* `*lease` is 0 when all `most` places are taken. */
bool store_slot_take(struct store *s, const char *credential, int64_t max,
		     int64_t *lease, struct error *e);
bool store_slot_renew(struct store *s, int64_t lease, struct error *e);
bool store_slot_give(struct store *s, int64_t lease, struct error *e);

#endif
