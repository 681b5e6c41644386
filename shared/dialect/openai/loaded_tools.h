/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_LOADED_TOOLS_H
#define DIALECT_OPENAI_LOADED_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"
#include "chat/chat.h"

/*
 * Tools that the input brings along: an item `additional_tools` has them, and
 * the result of a search for tools, `tool_search_output`. From then on they can
 * be called like those in `tools`. (OpenAI's guide "Tool search".)
 */

/* The tool by which the model searches, as Kimi calls it. */
#define OPENAI_TOOL_SEARCH "tool_search"

/* The member of a loaded tool with its place in the input, for errors. */
#define OPENAI_LOADED_FROM "loaded_from"

/* The tool_search tool whose searches the client runs; NULL: there is none, or
 * a tool of the client's own has its name. */
const cJSON *openai_loaded_tools_search(const cJSON *tools);

/*
 * The body with all of them after its own `tools`, in the order in which they
 * were loaded; the body itself if there are none. `stored` are the messages
 * before the input, results of searches among them.
 */
const cJSON *openai_loaded_tools_join(struct arena *a, const cJSON *body,
				      const struct chat_message *stored,
				      size_t n);

#endif
