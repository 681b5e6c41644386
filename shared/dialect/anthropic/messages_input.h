/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_MESSAGES_INPUT_H
#define DIALECT_ANTHROPIC_MESSAGES_INPUT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/chat.h"

/*
 * Reads the array `messages`. What Anthropic puts into one message may be
 * several here: results of tools come before everything else between two
 * replies, and replies that follow each other are one.
 */
bool anthropic_messages_input_read(struct arena *a, const cJSON *messages,
				   struct chat_request *request,
				   struct error *e);

/* `system`, in every form, as one text; NULL if it says nothing. */
bool anthropic_messages_input_read_system(struct arena *a, const cJSON *system,
					  const char **text, struct error *e);

#endif
