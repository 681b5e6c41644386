/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_TRUNCATION_INTERNAL_H
#define APP_RELAY_TRUNCATION_INTERNAL_H

#include "chat/chat.h"
#include "tokens/usage.h"
#include "upstream/model.h"

/*
 * Drops the oldest turns until the others and the reply fit the model's
 * context, as OpenAI's `truncation: auto` does. A turn extends from one user
 * message to the next; system messages and the last turn stay. True if any was
 * dropped. Without `tokens` (NULL) the length is estimated.
 */
bool truncation_apply(struct chat_request *request, const struct model *model,
		      const struct tokenizer *tokens, struct arena *a);

#endif
