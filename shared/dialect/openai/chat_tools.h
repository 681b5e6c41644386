/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_CHAT_TOOLS_H
#define DIALECT_OPENAI_CHAT_TOOLS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/chat.h"

/* Reads the array `tools` of chat completions, the web searches of Kimi and
 * OpenAI among them. */
bool openai_chat_tools_read(struct arena *a, const cJSON *tools,
			    struct chat_request *request, struct error *e);

/* Keeps of the tools that were read, and of the search, only those in
 * `allowed`, the list of a `tool_choice` of the type allowed_tools. */
bool openai_chat_tools_allow(struct arena *a, const cJSON *allowed,
			     struct chat_request *request, struct error *e);

#endif
