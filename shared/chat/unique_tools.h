/* SPDX-License-Identifier: MIT */
#ifndef CHAT_UNIQUE_TOOLS_H
#define CHAT_UNIQUE_TOOLS_H

#include "base/arena.h"
#include "chat/chat.h"

/*
 * Declares each tool once, where it comes first: a client that joins the tools
 * of several servers may have one twice, which Kimi refuses. Returns NULL, or a
 * tool that has the name of an earlier, different one: nobody could tell which
 * of them a call means.
 */
const struct chat_tool *chat_unique_tools(struct arena *a,
					  struct chat_request *r);

/* What errors call the tool's name, which is beside its schema. */
const char *chat_unique_tools_param(struct arena *a,
				    const struct chat_tool *tool);

#endif
