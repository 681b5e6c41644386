/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_RELAY_H
#define APP_RELAY_RELAY_H

#include "app/auth.h"
#include "app/exchange.h"

/*
 * Replies to a chat request: chooses the model, takes the conversation, asks
 * Kimi with one credential after another until one delivers content, records
 * the outcome before the client gets the end, and cleans up at Kimi. When it
 * returns, the response is complete: a reply or an error.
 */
void relay_chat(struct exchange *x, const struct caller *caller,
		struct chat_request *request);

#endif
