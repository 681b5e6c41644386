/* SPDX-License-Identifier: MIT */
#ifndef STORE_TURN_CLOSE_H
#define STORE_TURN_CLOSE_H

#include "store/outcome.h"
#include "store/turns.h"

/*
 * Records reply, usage, its sums and what is new in the conversation in one
 * transaction; of an ephemeral turn, or if the response was cancelled and then
 * deleted, only usage and its sums. A turn that was not opened gets its row
 * now. A cancelled response is recorded as cancelled; if the turn was done, the
 * call reports it with ERROR_CLIENT_GONE.
 */
bool store_turn_close(struct store *s, struct store_turn *t,
		      const struct store_outcome *o, struct arena *a,
		      struct error *e);

#endif
