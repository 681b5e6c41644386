/* SPDX-License-Identifier: MIT */
#ifndef APP_CONVERSATION_ID_H
#define APP_CONVERSATION_ID_H

#include "app/exchange.h"

/*
 * A client can name its conversation with a base URL of its own, /c/{id}/v1,
 * with the header X-Conversation-Id, with the route, or in the body. If it does
 * so more than once, they must all name the same one, or it is ERROR_VALUE.
 */

/* 1 to 128 letters, digits and ._~:@-, and not the id of a completion. */
bool conversation_id_check(const char *id, struct error *e);

/* Sets x->conversation from the base URL and header, if they name one. */
bool conversation_id_find(struct exchange *x, struct error *e);

/* Adds the id from the route. NULL: it has none. */
bool conversation_id_add(struct exchange *x, const char *id, struct error *e);

/* Adds the id from the body and sets the request's conversation to the result,
 * which is NULL if none was named. */
bool conversation_id_settle(const struct exchange *x,
			    struct chat_request *request, struct error *e);

#endif
