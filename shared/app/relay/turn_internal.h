/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_TURN_INTERNAL_H
#define APP_RELAY_TURN_INTERNAL_H

#include "app/relay/job_internal.h"
#include "chat/history.h"
#include "store/turns.h"

/* Private to the relay: the conversation that a request continues. */

/* Opens the turn's row and takes its conversation. If another turn is running
 * in it, waits for that to end, up to KIMI_QUEUE; then ERROR_BUSY. */
bool turn_open(const struct job *j, struct store_turn *t, struct error *e);

/*
 * Makes the request self-contained: its messages become those of the
 * conversation, followed by the new ones. ERROR_VALUE if nothing is new or the
 * conversation would become too long.
 */
bool turn_join(const struct job *j, const struct store_turn *t,
	       struct chat_history *history, struct error *e);

/*
 * Turns the messages into the prompt of this reply: adds instructions and drops
 * what does not fit the model. True if the prompt differs from the stored
 * messages.
 */
bool turn_make_prompt(const struct job *j);

#endif
