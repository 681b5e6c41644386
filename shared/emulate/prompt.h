/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_PROMPT_H
#define EMULATE_PROMPT_H

#include "base/arena.h"
#include "chat/chat.h"
#include "emulate/gaps.h"

/* The tools that the reply may call: with CHAT_TOOLS_NAMED just that one. */
struct prompt_tools {
	const struct chat_tool *list;
	size_t n;
};

struct prompt_tools prompt_tools(const struct chat_request *request);

/*
 * The request in words: what the service lacks is said in the text of its
 * messages. Instructions go before the first message that the chat at Kimi does
 * not know yet; earlier calls and results are written in the form that the
 * model is asked to use. There are as many messages as before, and parts other
 * than text stay.
 */
struct chat_request prompt_make(const struct chat_request *request,
				const struct gaps *gaps, struct arena *a);

/*
 * The same request once more, after a reply that is not acceptable: `why`
 * tells the model what to change. `chat` is where that reply is at Kimi, if
 * the service keeps chats.
 */
struct chat_request prompt_again(const struct chat_request *sent,
				 const struct chat_bookmark *chat,
				 const char *reply, const char *why,
				 struct arena *a);

#endif
