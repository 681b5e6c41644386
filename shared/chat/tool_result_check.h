/* SPDX-License-Identifier: MIT */
#ifndef CHAT_TOOL_RESULT_CHECK_H
#define CHAT_TOOL_RESULT_CHECK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "chat/chat.h"

/*
 * Whether every tool result from message `fresh` on belongs to a call of the
 * assistant message before it. With `adjacent` nothing but other results may
 * come between the two. An error names the result as the client does; `input`
 * where the client did not send it.
 */
bool chat_tool_result_check(struct arena *a, const struct chat_request *request,
			    size_t fresh, bool adjacent, const char *input,
			    struct error *e);

#endif
