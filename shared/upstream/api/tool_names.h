/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_TOOL_NAMES_H
#define UPSTREAM_API_TOOL_NAMES_H

#include "base/arena.h"
#include "chat/chat.h"

/*
 * The names of a request's tools as Kimi takes them: a letter, then letters,
 * digits, underscores and dashes, 64 characters at most. The field `name` in
 * platform.kimi.ai/docs (api/chat) allows more; other texts of Kimi's do not.
 *
 * - A name of that form goes out as it is, and so does `$web_search`, Kimi's
 *   own tool, unless the client declares a tool of that name itself.
 * - Any other name is replaced, wherever the request has it: "21st.look" by
 *   "tool_21st_look". Where that name is taken already, or is too long, it
 *   gets a hash of the client's name at its end.
 * - So no two of the client's names become one, and a name becomes the same in
 *   all requests in which nothing else claims its replacement.
 */
struct tool_names {
	const struct tool_name *names;	  /* ordered by the client's name */
	struct tool_name *const *replies; /* ordered by Kimi's name */
	size_t n;			  /* 0: all names go out as they are */
};

/*
 * The request with Kimi's names, in the arena, or the request itself if it has
 * no others. `builtins`: whether the wire format can say that a tool is Kimi's
 * own.
 */
const struct chat_request *tool_names_apply(struct tool_names *t,
					    struct arena *a,
					    const struct chat_request *r,
					    bool builtins);

/* The client's name of the tool that Kimi calls `name`; `name` itself if the
 * request has no such tool. */
const char *tool_names_back(const struct tool_names *t, const char *name);

#endif
