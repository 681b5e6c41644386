/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_AGENT_ITEMS_H
#define DIALECT_OPENAI_AGENT_ITEMS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"
#include "chat/chat.h"

/*
 * The messages that items become which only agents send (Codex's protocol, and
 * OpenAI's guides "Compaction" and "Tool search"). All in the arena.
 */

/* `agent_message`: what an agent says to another, its task or what came of it.
 * Without parts: nothing. */
struct chat_message openai_agent_items_told(struct arena *a, const cJSON *item);

/* `compaction`: the summary in the place of a conversation; false if it is not
 * one of ours. */
bool openai_agent_items_summary(struct arena *a, const cJSON *item,
				struct chat_message *m);

/* `tool_search_output`: the tools that were found, as JSON. Without call_id:
 * the search was not run by the client. */
struct chat_message openai_agent_items_loaded(struct arena *a,
					      const cJSON *item);

/* Another result of a call that has one, where no result can stand. */
struct chat_message openai_agent_items_late(struct arena *a,
					    const struct chat_message *result);

#endif
