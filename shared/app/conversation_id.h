/* SPDX-License-Identifier: MIT */
#ifndef APP_CONVERSATION_ID_H
#define APP_CONVERSATION_ID_H

#include "app/exchange.h"

/*
 * How clients name a conversation: by a base URL of its own, /c/{id}/v1, by
 * the header X-Conversation-Id, by the route, or in the body. All of them name
 * the same; who names two gets ERROR_VALUE.
 * What the body says is joined by exchange_name_conversation.
 */

/* 1 to 128 letters, digits and ._~:@- that are no completion's id. */
bool conversation_id_check(const char *id, struct error *e);

/* Sets x->conversation to what path and header name, if they do. */
bool conversation_id_find(struct exchange *x, struct error *e);

/* Another name for the exchange's conversation, or the first; NULL: none. */
bool conversation_id_add(struct exchange *x, const char *id, struct error *e);

#endif
