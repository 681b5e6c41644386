/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_MESSAGES_INPUT_H
#define DIALECT_ANTHROPIC_MESSAGES_INPUT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/chat.h"

/*
 * Reads the array `messages`. One message of Anthropic's may become several
 * here: tool results come before everything else between two replies, and
 * consecutive replies become one.
 */
bool anthropic_messages_input_read(struct arena *a, const cJSON *messages,
				   struct chat_request *request,
				   struct error *e);

/* `system`, in every form, as one text; NULL if it says nothing. */
bool anthropic_messages_input_read_system(struct arena *a, const cJSON *system,
					  const char **text, struct error *e);

#endif
