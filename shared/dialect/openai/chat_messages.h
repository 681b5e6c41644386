/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_CHAT_MESSAGES_H
#define DIALECT_OPENAI_CHAT_MESSAGES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/chat.h"

/* Reads the array `messages` of chat completions; field paths in errors begin
 * with that name. */
bool openai_chat_messages_read(struct arena *a, const cJSON *messages,
			       struct chat_request *request, struct error *e);

#endif
