/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_PROMPT_H
#define EMULATE_PROMPT_H

#include "base/arena.h"
#include "chat/chat.h"

/* What a request asks for and its service lacks. */
struct emulation {
	bool tools;   /* they are described, and calls looked for */
	bool history; /* earlier calls and their results are told as text */
	bool format;
	bool limits; /* stop, max_tokens */
};

/* `features` are the service's, of enum upstream_feature. */
struct emulation emulation_of(const struct chat_request *request,
			      unsigned features);

/* The tools that the answer may call: with CHAT_TOOLS_NAMED just that. */
struct emulation_tools {
	const struct chat_tool *list;
	size_t n;
};

struct emulation_tools emulation_tools(const struct chat_request *request);

/*
 * The request in words: what the service lacks stands in the text of its
 * messages. Instructions come in front of the first message that the chat at
 * Kimi does not know yet; calls and results have the form that the model is
 * told to use. As many messages as before; parts that are no text stay.
 */
struct chat_request emulate_prompt(const struct chat_request *request,
				   const struct emulation *what,
				   struct arena *a);

/*
 * The same request once more, after an answer that will not do: `why` says
 * what to change. `chat` is where the answer stands at Kimi, if it keeps any.
 */
struct chat_request emulate_again(const struct chat_request *told,
				  const struct chat_bookmark *chat,
				  const char *answer, const char *why,
				  struct arena *a);

#endif
