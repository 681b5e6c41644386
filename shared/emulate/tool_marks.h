/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_TOOL_MARKS_H
#define EMULATE_TOOL_MARKS_H

#include "base/buf.h"
#include "chat/chat.h"
#include "emulate/code_fence.h"
#include "emulate/raw_json.h"

/*
 * Finds the tool calls in the text of an answer:
 *
 *     <tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>
 *
 * or in the form of Kimi's own template, <|tool_call_begin|>functions.f:0
 * <|tool_call_argument_begin|>{"a": 1}<|tool_call_end|>, with or without the
 * marks of a section around them. The pieces may be cut anywhere: text and
 * calls are the same.
 *
 * - What is certainly no part of a mark leaves with the piece that brought
 *   it; held back are white space and what may be the beginning of a mark.
 * - White space around calls is dropped, all other text is unchanged.
 * - Mended: what tool_call_read mends, a code fence around the JSON, closing
 *   brackets that are missing before the closing mark or too many, a closing
 *   mark that is missing.
 * - What begins like a call and is none (broken JSON, a tool that is not in
 *   the list) is text, whole.
 * - Marks in a fenced code block or behind a backtick are text: they are
 *   shown, not meant.
 */
struct tool_marks {
	const struct chat_tool *tools; /* that may be called */
	size_t n_tools;
	struct arena *arena; /* for the calls */

	/* False: no more is wanted. A call's id is not set. */
	bool (*on_text)(void *ctx, const char *p, size_t n);
	bool (*on_call)(void *ctx, const struct chat_call *call);
	void *ctx;

	enum tool_marks_state {
		TOOL_MARKS_TEXT,
		TOOL_MARKS_SECTION, /* where a call must begin */
		TOOL_MARKS_NAME,    /* of the tool, in the template's form */
		TOOL_MARKS_LEAD,    /* before the JSON */
		TOOL_MARKS_JSON,
		TOOL_MARKS_BROKEN, /* at what may close it too early */
		TOOL_MARKS_AFTER,  /* a call */
	} state;
	struct buf ready;	  /* text that leaves next */
	struct buf held;	  /* not decided yet */
	size_t mark;		  /* where in it the call begins */
	size_t word;		  /* where in it the latest mark begins */
	size_t name_at, name_len; /* in it; in the template's form */
	size_t json_at;		  /* where in it the JSON begins */
	bool in_info;		  /* LEAD: behind ```, where "json" may stand */
	bool closed;		  /* AFTER: the closing mark came */
	struct raw_json scan;
	struct code_fence fence;
	char last; /* byte of text */
};

void tool_marks_init(struct tool_marks *m, struct arena *a);
void tool_marks_fini(struct tool_marks *m);

/* False when a listener returned false; feed no more then. */
bool tool_marks_feed(struct tool_marks *m, const char *p, size_t n);

/*
 * The text is over. `cut`: it stops where its writer did not stop, and what
 * may be half a mark is dropped; else that is text.
 */
bool tool_marks_end(struct tool_marks *m, bool cut);

#endif
