/* SPDX-License-Identifier: MIT */
#ifndef STORE_TURN_OPEN_H
#define STORE_TURN_OPEN_H

#include "store/turns.h"

/*
 * Records the request as running, locks its conversation (turn_lock.h) and
 * loads the messages before it, in one transaction: those of the conversation;
 * without one, those of the response that it continues and of all before that.
 * Deleted responses among those are skipped.
 *
 * With an admission, what that asks for is reserved first: its errors are
 * ERROR_REQUEST_RATE, ERROR_TOKEN_RATE and ERROR_TOKEN_LIMIT, ERROR_QUOTA for a
 * budget, and ERROR_FORBIDDEN if a budget in money has no price for the model.
 *
 * ERROR_NOT_FOUND if the conversation was created by store_conversation_add and
 * is deleted; ERROR_BUSY while another turn runs in it; ERROR_PREVIOUS if the
 * key has no such response or it is not done.
 */
bool store_turn_open(struct store *s, struct store_turn *t, struct arena *a,
		     struct error *e);

/*
 * Loads the messages that the turn would continue, and writes nothing. There
 * are none if nobody has used the conversation; ERROR_PREVIOUS as above.
 */
bool store_turn_read(struct store *s, struct store_turn *t, struct arena *a,
		     struct error *e);

#endif
