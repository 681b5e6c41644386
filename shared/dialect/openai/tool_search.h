/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_TOOL_SEARCH_H
#define DIALECT_OPENAI_TOOL_SEARCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"
#include "chat/chat.h"

/*
 * The function by which the model searches for tools, if its client runs such
 * searches: see openai_loaded_tools_search. Then the model is not shown the
 * tools that are deferred, only what there is to be found.
 */
struct chat_tool openai_tool_search(struct arena *a, const cJSON *tool,
				    const cJSON *tools);

/* Whether the tool is one to be found: it, or the namespace it is in, has
 * "defer_loading". `space` NULL: it is in none. */
bool openai_tool_search_finds(const cJSON *tool, const cJSON *space);

#endif
