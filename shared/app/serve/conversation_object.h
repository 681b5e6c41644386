/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_CONVERSATION_OBJECT_H
#define APP_SERVE_CONVERSATION_OBJECT_H

#include "app/auth.h"
#include "store/conversations.h"

/* A request about a conversation of its caller's. */
struct talk {
	struct caller caller;
	struct store *store;
	struct store_conversation conversation;
};

/* By its name, whichever route began it. ERROR_NOT_FOUND. */
bool talk_find(struct talk *t, struct exchange *x, const char *name,
	       struct error *e);

/* The chat at Kimi that a change has left behind is deleted there, once the
 * client has its answer. */
void talk_leave_chat(const struct talk *t, struct exchange *x);

/* OpenAI's object of it, as the answer. */
void conversation_send(struct exchange *x, const struct store_conversation *c);

/* From a body with `metadata`, which must be there: NULL if it is null. */
bool conversation_read_metadata(struct exchange *x, const char **metadata,
				struct error *e);

#endif
