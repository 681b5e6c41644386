/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_RESERVATION_INTERNAL_H
#define APP_RELAY_RESERVATION_INTERNAL_H

#include "app/relay/job_internal.h"
#include "store/turns.h"

/*
 * Private to the relay: what a request asks of the limits of its API key. The
 * turn gets it, and is admitted when it is opened; a turn whose key has no
 * limits gets nothing. The model is chosen by now.
 */
bool reservation_make(const struct job *j, struct store_turn *t,
		      struct error *e);

/* Tells the client what is left of its limits, once the turn was opened or
 * refused by them; before the response begins. */
void reservation_tell(const struct job *j, const struct store_turn *t);

#endif
