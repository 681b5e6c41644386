/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_ALLOWED_TOOLS_H
#define DIALECT_OPENAI_ALLOWED_TOOLS_H

#include "base/arena.h"
#include "chat/chat.h"

/* Keeps of the request's tools only those with one of the `n` names, which get
 * sorted. */
void openai_allowed_tools_keep(struct arena *a, struct chat_request *request,
			       const char **names, size_t n);

#endif
