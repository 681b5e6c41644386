/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_RELAY_H
#define APP_RELAY_RELAY_H

#include "app/auth.h"
#include "app/exchange.h"

/*
 * Answers a chat request: takes the conversation, picks a credential, runs
 * the service, tries the next while nothing has reached the client, records
 * the outcome before the end of the answer leaves, and tidies up at Kimi.
 */
void relay_chat(struct exchange *x, const struct caller *caller,
		struct chat_request *request);

#endif
