/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_NEW_ITEMS_H
#define APP_SERVE_NEW_ITEMS_H

#include "app/auth.h"
#include "dialect/field_table.h"
#include "store/conversations.h"

/* Items that a client adds to a conversation, and their limits. */

/*
 * Decodes the body, if there is one, by a table of
 * dialect/openai/conversation.h. ERROR_VALUE if it has more
 * items than one call can add.
 */
bool new_items_decode(struct exchange *x, const struct caller *caller,
		      const struct field *fields, struct chat_request *body,
		      struct error *e);

/* Appends what was decoded and gives its messages uids. ERROR_VALUE if the
 * conversation would have more than KIMI_CONVERSATION_ITEMS items. */
bool new_items_append(struct exchange *x, struct store *s,
		      const struct store_conversation *c,
		      struct chat_request *body, struct error *e);

#endif
