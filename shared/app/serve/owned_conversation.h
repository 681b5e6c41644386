/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_OWNED_CONVERSATION_H
#define APP_SERVE_OWNED_CONVERSATION_H

#include "app/auth.h"
#include "store/conversations.h"

/* A request about a conversation of its caller's. */
struct owned_conversation {
	struct caller caller;
	struct store *store;
	struct store_conversation conversation;
};

/* By its name, whichever route began it. ERROR_NOT_FOUND. */
bool owned_conversation_find(struct owned_conversation *t, struct exchange *x,
			     const char *name, struct error *e);

/* The chat at Kimi that a change has left behind is deleted there, once the
 * client has its answer. */
void owned_conversation_leave_chat(const struct owned_conversation *t,
				   struct exchange *x);

/* OpenAI's object of it, as the answer. */
void conversation_send(struct exchange *x, const struct store_conversation *c);

/* From a body with `metadata`, which must be there: NULL if it is null. */
bool conversation_read_metadata(struct exchange *x, const char **metadata,
				struct error *e);

#endif
