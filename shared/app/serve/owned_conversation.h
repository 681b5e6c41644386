/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_OWNED_CONVERSATION_H
#define APP_SERVE_OWNED_CONVERSATION_H

#include "app/auth.h"
#include "store/conversations.h"

/* A conversation, found for the caller it belongs to. */
struct owned_conversation {
	struct caller caller;
	struct store *store;
	struct store_conversation conversation;
};

/* Finds it by its name, whichever endpoint created it. ERROR_NOT_FOUND. */
bool owned_conversation_find(struct owned_conversation *c, struct exchange *x,
			     const char *name, struct error *e);

/* Answers with it as OpenAI's object. */
void owned_conversation_send(const struct owned_conversation *c,
			     struct exchange *x);

/* After a change: completes the client's response, then has the chat at Kimi
 * deleted, which is out of date. */
void owned_conversation_clean_up(const struct owned_conversation *c,
				 struct exchange *x);

#endif
