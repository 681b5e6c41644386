/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_TOOL_CALL_FINDER_H
#define EMULATE_TOOL_CALL_FINDER_H

#include "base/buf.h"
#include "chat/chat.h"
#include "emulate/code_fence.h"
#include "emulate/raw_json.h"

/*
 * Finds the tool calls in the text of a reply:
 *
 *     <tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>
 *
 * or in the form of Kimi's own template, <|tool_call_begin|>functions.f:0
 * <|tool_call_argument_begin|>{"a": 1}<|tool_call_end|>, with or without the
 * marks of a section around them. However the text is cut into pieces, text
 * and calls are the same.
 *
 * - Text that certainly does not belong to a mark is passed on with the piece
 *   it came in; only white space and a possible beginning of a mark are held
 *   back.
 * - White space around calls is dropped, all other text is unchanged.
 * - Tolerated: the spellings that tool_call_json_read knows, a code fence around
 *   the JSON, missing or extra closing brackets before the closing mark, a
 *   missing closing mark.
 * - Something that begins like a call but is not one (broken JSON, a tool that
 *   is not in the list) is text, all of it.
 * - Marks in a fenced code block or after a backtick are text: they are
 *   quoted, not meant.
 */
struct tool_call_finder {
	const struct chat_tool *tools; /* those that may be called */
	size_t n_tools;
	struct arena *arena; /* for the calls */

	/* False: feed no more. A call's id is not set. */
	bool (*on_text)(void *ctx, const char *p, size_t n);
	bool (*on_call)(void *ctx, const struct chat_call *call);
	void *ctx;

	enum tool_call_finder_state {
		TOOL_CALL_FINDER_TEXT,
		TOOL_CALL_FINDER_SECTION, /* where a call must begin */
		TOOL_CALL_FINDER_NAME, /* of the tool, in the template's form */
		TOOL_CALL_FINDER_LEAD, /* before the JSON */
		TOOL_CALL_FINDER_JSON,
		TOOL_CALL_FINDER_BROKEN, /* at a mark that may close it too early */
		TOOL_CALL_FINDER_AFTER, /* a call */
	} state;
	struct buf ready;	  /* text to be passed on next */
	struct buf held;	  /* not decided yet */
	size_t mark;		  /* where in it the call begins */
	size_t word;		  /* where in it the latest mark begins */
	size_t name_at, name_len; /* in it; in the template's form */
	size_t json_at;		  /* where in it the JSON begins */
	bool in_info;		  /* LEAD: after ```, where "json" may follow */
	bool closed;		  /* AFTER: the closing mark came */
	struct raw_json scan;
	struct code_fence fence;
	char last; /* byte of text */
};

void tool_call_finder_init(struct tool_call_finder *m, struct arena *a);
void tool_call_finder_fini(struct tool_call_finder *m);

/* False when a listener returned false; feed no more then. */
bool tool_call_finder_feed(struct tool_call_finder *m, const char *p, size_t n);

/*
 * The text has ended. `cut`: in the middle, so a possible half of a mark is
 * dropped; else it is text.
 */
bool tool_call_finder_end(struct tool_call_finder *m, bool cut);

#endif
