/* SPDX-License-Identifier: MIT */
#ifndef CHAT_TOOL_RESULT_CHECK_H
#define CHAT_TOOL_RESULT_CHECK_H

#include <stdbool.h>

#include "base/error.h"
#include "chat/chat.h"

/*
 * Whether every tool result answers a call of the assistant message before
 * it; with `between`, something else may be said in between, and an error
 * names no place. Else messages from `fresh` on are the client's, counted from
 * `sent`: that is how it names them.
 */
bool chat_check_tool_results(const struct chat_request *request, size_t fresh,
			     size_t sent, bool between, struct error *e);

#endif
