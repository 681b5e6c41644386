/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_TRUNCATION_H
#define APP_RELAY_TRUNCATION_H

#include "chat/chat.h"
#include "tokens/usage.h"
#include "upstream/model.h"

/*
 * Lets the oldest turns go until the rest and the answer fit the model, as
 * OpenAI's `truncation: auto` does: from a user message to the next one, never
 * system messages nor the last turn. Whether any went. `tokens` may be NULL.
 */
bool truncation_apply(struct chat_request *request, const struct model *model,
		      const struct tokenizer *tokens, struct arena *a);

#endif
